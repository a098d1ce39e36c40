"""How bad it is: the rules that count for an incident, the readings they can look at, and what follows from both."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Q

from policies.decisions.judgement import Facts, Judgement, judge
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.scopes import RulesInForce
from policies.decisions.severity import Reading
from policies.decisions.vocabulary import Scale, Severity
from policies.governance.models import PolicyVersion
from policies.governance.queries import rules_of, versions_in_force
from policies.models import Service

from .models import ImpactReading, Incident
from .replay_columns import facts_of_columns

# Impact and urgency of an incident that nobody described: what its severity means in ITIL's two scales.
SCALES_OF: dict[Severity, tuple[Scale, Scale]] = {
    Severity.SEV1: (Scale.HIGH, Scale.HIGH),
    Severity.SEV2: (Scale.HIGH, Scale.MEDIUM),
    Severity.SEV3: (Scale.MEDIUM, Scale.MEDIUM),
    Severity.SEV4: (Scale.LOW, Scale.LOW),
}


@dataclass(frozen=True)
class RulesFor:
    """The rules that an incident is judged by. `versions` supply them, the narrowest scope first; there may be none."""

    versions: tuple[PolicyVersion, ...]

    @cached_property
    def rules(self) -> RulesInForce:
        return rules_of(self.versions)

    @property
    def content(self) -> PolicySnapshot:
        return self.rules.content

    @property
    def followed(self) -> PolicyVersion | None:
        """The version that supplies the technical track, else the narrowest."""
        supplier = self.rules.supplier("technical track")
        known = {version.pk: version for version in self.versions}
        return known[supplier.version_id] if supplier else next(iter(self.versions), None)


def rules_for(service: Service, at: datetime) -> RulesFor:
    """The rules in force for `service` at `at`. One query."""
    return RulesFor(tuple(versions_in_force(service, at)))


def rules_pinned_by(incident: Incident) -> RulesFor:
    """The rules that were in force when `incident` was opened; what happens to policies later does not count. One query."""
    pinned = incident.rule_versions or [incident.policy_version_id]
    found = PolicyVersion.objects.select_related("policy__service", "policy__business_unit", "policy__owner").in_bulk(
        [key for key in pinned if key is not None]
    )
    return RulesFor(tuple(found[key] for key in pinned if key in found))


def facts_of(incident: Incident) -> Facts:
    """What rules can look for in `incident`."""
    return facts_of_columns(
        incident.impact,
        incident.urgency,
        incident.service_id,
        incident.service.executive_system,
        incident.personal_data,
        incident.regulated,
        incident.data_breach,
        incident.revenue_loss_per_hour,
        incident.revenue_currency,
        incident.regulatory_exposure,
        incident.segment.criticality if incident.segment else None,
        tuple(incident.labels),
    )


def judged(incident: Incident, found: RulesFor, readings: Sequence[Reading], at: datetime) -> Judgement:
    """What follows for `incident` as it is, by the rules found for it."""
    return judge(found.content, facts_of(incident), readings, at)


def is_worse(incident: Incident, judgement: Judgement) -> bool:
    """Whether thresholds give a worse severity than `incident` has."""
    return judgement.severity is not None and (not incident.severity or judgement.severity.value < incident.severity)


def take_over(incident: Incident, judgement: Judgement) -> None:
    """Sets what follows: severity only ever worsens and the start level only rises; priority is as it is judged."""
    levels = [incident.start_level, *(rule.start_level for rule in judgement.exceptions)]
    if judgement.severity is not None and is_worse(incident, judgement):
        incident.severity = judgement.severity.value
        levels.append(judgement.start_level)
    incident.start_level = max(levels)
    incident.priority = judgement.priority


def readings_that_count(service: Service, content: PolicySnapshot, at: datetime, incident: Incident | None) -> list[ImpactReading]:
    """The readings that the thresholds of `content` can look at, at `at`.

    All within the widest observation window and, for conditions that must have held for a while, the last one before it. Those that
    belong to `incident` or to none: what an earlier incident was declared by must not declare another.
    """
    criteria = [criterion for threshold in content.thresholds for criterion in threshold.criteria]
    horizon = at - max((criterion.window for criterion in criteria), default=timedelta(0))
    mine = Q(incident__isnull=True) | Q(incident=incident) if incident else Q(incident__isnull=True)
    known = ImpactReading.objects.filter(mine, service=service)
    # Of two readings of one instant the one that came in last counts.
    found = list(known.filter(observed_at__gte=horizon).order_by("observed_at", "pk"))
    for measure in {criterion.measure for criterion in criteria if criterion.for_at_least}:
        found += known.filter(measure=measure, observed_at__lt=horizon).order_by("-observed_at")[:1]
    return found


def as_readings(stored: Iterable[ImpactReading]) -> list[Reading]:
    return [Reading(reading.measure, reading.value, reading.observed_at) for reading in stored]
