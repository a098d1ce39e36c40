"""Everything that the chapter is made of, read once: a constant number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from policies.models import PolicyVersion, Service
from reports.metrics.beside_definitions import Budget, DrillFact, HandOffs, Messages, Ways
from reports.metrics.beside_queries import burn_limits, burn_of, drills_of, hand_offs_of, ways_at
from reports.metrics.escalation_definitions import Escalations, escalations
from reports.metrics.escalation_queries import escalations_by_track
from reports.metrics.incident_queries import incidents_of, returns_of
from reports.metrics.incidents import Incidents
from reports.metrics.levels import Whole
from reports.metrics.message_queries import messages_of
from reports.metrics.parts import by_dimension
from reports.metrics.population import Population
from reports.metrics.resolution_definitions import Returns

TECHNICAL = "technical"


@dataclass(slots=True)
class Facts:
    """`versions` has for each policy version its name; `tracks` for each track its runs and the version that each follows."""

    start: datetime
    end: datetime
    incidents: Incidents
    tracks: Mapping[str, tuple[Escalations, Whole]]
    versions: Mapping[int, str]
    back: Mapping[str, Returns]
    hand_offs: HandOffs
    messages: Messages
    drills: Sequence[DrillFact]
    ways: Ways
    budgets: Sequence[Budget]
    _parts: dict[tuple[str, str], dict[str, Escalations]] = field(default_factory=dict)

    @property
    def technical(self) -> Escalations | None:
        return self.tracks[TECHNICAL][0] if TECHNICAL in self.tracks else None

    def by(self, dimension: str, track: str = TECHNICAL) -> dict[str, Escalations]:
        """The parts of a dimension that have escalations on `track`, by name."""
        if track not in self.tracks:
            return {}
        if (track, dimension) not in self._parts:
            self._parts[track, dimension] = by_dimension(self.tracks[track][0], self.incidents, dimension)
        return self._parts[track, dimension]


def facts_for(population: Population, known_until: datetime) -> Facts:
    """What is known of the population up to `known_until`; contact data as they stood at the end of the period, or now while it runs."""
    incidents = incidents_of(population, known_until)
    tracks = escalations_by_track(population, known_until)
    at = min(population.end, known_until) if known_until > population.start else population.end
    return Facts(
        start=population.start,
        end=population.end,
        incidents=incidents,
        tracks=tracks,
        versions=_versions({int(key) for _, version in tracks.values() for key in set(version.tolist())}),
        back=returns_of(population, incidents.service, incidents.component, incidents.opened, incidents.resolved),
        hand_offs=hand_offs_of(population, incidents.known_until),
        messages=messages_of(population),
        drills=drills_of(population.start, population.end, population.units),
        ways=ways_at(at, population.units),
        budgets=_budgets(population, at, incidents, tracks),
    )


def _versions(keys: set[int]) -> dict[int, str]:
    rows = PolicyVersion.objects.filter(pk__in=keys).values_list("pk", "policy__name", "number")
    return {key: f"{policy} v{number}" for key, policy, number in rows}


def _budgets(population: Population, at: datetime, incidents: Incidents, tracks: Mapping[str, tuple[Escalations, Whole]]) -> list[Budget]:
    burn = burn_of(population.start, population.end, population.units)
    if not burn:
        return []
    limits = burn_limits(at)
    names = dict(Service.objects.filter(pk__in=burn).values_list("pk", "name"))
    parts = by_dimension(tracks[TECHNICAL][0], incidents, "service") if TECHNICAL in tracks else {}
    return sorted(
        (
            Budget(
                names[key],
                values,
                limits.get(key, limits.get(None)),
                int((incidents.service == key).sum()),
                escalations(parts[names[key]]) if names[key] in parts else 0,
            )
            for key, values in burn.items()
        ),
        key=lambda budget: budget.service,
    )
