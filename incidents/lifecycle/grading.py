"""How bad it is: the rules that count for an incident, the readings they can look at, and what follows from both."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Q

from policies.decisions.judgement import Facts, Judgement, judge
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.scopes import RulesInForce
from policies.decisions.severity import Reading
from policies.decisions.vocabulary import Severity
from policies.governance.acting import acting_versions
from policies.governance.models import PolicyVersion
from policies.governance.queries import rules_of
from policies.models import Service

from .models import ImpactReading, Incident
from .replay_columns import facts_of_columns

# Where an incident keeps the rules that it was opened by.
OPENED_BY = "_rules_for"


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
    return RulesFor(tuple(acting_versions(service, at)))


def rules_pinned_by(incident: Incident) -> RulesFor:
    """The rules that were in force when `incident` was opened; what happens to policies later does not count.

    One query; none for an incident that was opened by this very object.
    """
    known: RulesFor | None = incident.__dict__.get(OPENED_BY)
    return known or rules_pinned_by_each([incident])[incident.pk]


def rules_pinned_by_each(incidents: Collection[Incident]) -> dict[int, RulesFor]:
    """The same for many at once, by primary key, in one query."""
    pinned = {one.pk: tuple(key for key in one.rule_versions or [one.policy_version_id] if key is not None) for one in incidents}
    versions = PolicyVersion.objects.select_related("policy__service", "policy__business_unit", "policy__owner").defer("content")
    wanted = {key for keys in pinned.values() for key in keys}
    found = versions.in_bulk(wanted) if wanted else {}
    rules = {keys: RulesFor(tuple(found[key] for key in keys if key in found)) for keys in set(pinned.values())}
    return {pk: rules[keys] for pk, keys in pinned.items()}


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
    incident.priority = int(judgement.priority)


def rehearse(incident: Incident, found: RulesFor, severity: Severity) -> None:
    """Gives a drill its severity and the level that its severity starts at. No real data are touched, so it carries no marker."""
    levels = [rule.start_level for rule in found.content.severity_rules if rule.severity is severity]
    incident.severity = severity.value
    incident.start_level = max([incident.start_level, *(level for level in levels if level is not None)])
    incident.personal_data = incident.regulated = incident.data_breach = False


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
