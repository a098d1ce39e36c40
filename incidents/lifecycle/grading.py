"""How bad it is: readings held against the thresholds that count for them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from policies.decisions.severity import Reading, Verdict, evaluate
from policies.decisions.vocabulary import Scale, Severity
from policies.governance.models import PolicyVersion
from policies.governance.queries import snapshot_of, versions_in_force
from policies.models import Service

from .models import ImpactReading, Incident

# Impact and urgency of an incident that nobody described: what its severity means in ITIL's two scales.
SCALES_OF: dict[Severity, tuple[Scale, Scale]] = {
    Severity.SEV1: (Scale.HIGH, Scale.HIGH),
    Severity.SEV2: (Scale.HIGH, Scale.MEDIUM),
    Severity.SEV3: (Scale.MEDIUM, Scale.MEDIUM),
    Severity.SEV4: (Scale.LOW, Scale.LOW),
}


def version_for(service: Service, at: datetime) -> PolicyVersion | None:
    """The policy version in force for `service` at `at`; None when no policy governs it."""
    versions = versions_in_force(service, at)
    return next((version for version in versions if snapshot_of(version).levels), versions[0] if versions else None)


def verdict_on(version: PolicyVersion | None, readings: Iterable[Reading], at: datetime) -> Verdict | None:
    """The worst severity that `readings` justify under `version`; None when no threshold breaks or none is in force."""
    return evaluate(snapshot_of(version).thresholds, readings, at) if version else None


def readings_that_count(service: Service, version: PolicyVersion, at: datetime, incident: Incident | None) -> list[ImpactReading]:
    """The readings that the thresholds of `version` can look at, at `at`.

    All within the widest observation window and, for conditions that must have held for a while, the last one before it. Those that
    belong to `incident` or to none: what an earlier incident was declared by must not declare another.
    """
    criteria = [criterion for threshold in snapshot_of(version).thresholds for criterion in threshold.criteria]
    horizon = at - max((criterion.window for criterion in criteria), default=timedelta(0))
    mine = Q(incident__isnull=True) | Q(incident=incident) if incident else Q(incident__isnull=True)
    known = ImpactReading.objects.filter(mine, service=service)
    found = list(known.filter(observed_at__gte=horizon))
    for measure in {criterion.measure for criterion in criteria if criterion.for_at_least}:
        found += known.filter(measure=measure, observed_at__lt=horizon).order_by("-observed_at")[:1]
    return found


def as_reading(reading: ImpactReading) -> Reading:
    return Reading(reading.measure, reading.value, reading.observed_at)
