"""The figures. One pure function a figure; its docstring is the definition that the pack, the documentation and an auditor read."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from inspect import cleandoc
from typing import Any

from .facts import ACKNOWLEDGE, RESOLVE, IncidentFact, NegativeDuration
from .statistics import spread

Facts = Sequence[IncidentFact]

ALWAYS_LISTED = ("P1", "P2", "P3", "P4")
BUSIEST = 10


def incidents_opened(facts: Facts) -> int:
    """Incidents opened in the period: from its first instant, included, to the first instant of the next one, excluded, in UTC."""
    return len(facts)


def incidents_by_priority(facts: Facts) -> dict[str, int]:
    """Incidents opened, by the priority of their last record. P1 to P4 are always listed; P5 and 'unknown' only when there are some."""
    counted = Counter(fact.priority_name for fact in facts)
    return {**{name: counted.pop(name, 0) for name in ALWAYS_LISTED}, **dict(sorted(counted.items()))}


def sla_breached(facts: Facts) -> int:
    """Incidents whose last known record says that the service-level agreement was not met. Those of which nothing is known don't count."""
    return sum(1 for fact in facts if fact.made_sla is False)


def reopened(facts: Facts) -> int:
    """Incidents that were reopened at least once after they had been resolved."""
    return sum(1 for fact in facts if fact.reopen_count > 0)


def reassigned(facts: Facts) -> int:
    """Incidents that were reassigned at least once, to another person or another group."""
    return sum(1 for fact in facts if fact.reassignment_count > 0)


def with_problem(facts: Facts) -> int:
    """Incidents that are linked to at least one problem record, or were at any time."""
    return sum(1 for fact in facts if fact.has_problem)


def with_change(facts: Facts) -> int:
    """Incidents for whose resolution at least one change was requested at any time. Changes that caused an incident don't count."""
    return sum(1 for fact in facts if fact.has_change)


def functional_escalations(facts: Facts) -> int:
    """Moves from one known assignment group to a different one, summed over the incidents opened in the period, whenever they happened.

    A record without a known group is passed over: from A to not known to B is one move, from A to not known to A is none.
    """
    return sum(fact.functional_escalations for fact in facts)


def time_to_acknowledge_seconds(facts: Facts) -> dict[str, Any]:
    """Seconds from the opening of an incident to the first time that it was known to be in any other state than New.

    Count, mean, median (p50), 90th and 95th percentile (p90, p95, linear interpolation as in PERCENTILE.INC), rounded to 3 decimals. Incidents that never left New
    have no such time: they are left out and given as never_acknowledged. Negative times are left out and listed.
    """
    return spread([seconds for fact in facts if (seconds := fact.seconds_to_acknowledge) is not None and seconds >= 0])


def time_to_resolve_seconds(facts: Facts) -> dict[str, Any]:
    """Seconds from the opening of an incident to its resolution, the last one when it was reopened.

    Count, mean, median (p50), 90th and 95th percentile (p90, p95, linear interpolation as in PERCENTILE.INC), rounded to 3 decimals. Incidents without a time of
    resolution are left out and given as unresolved. Negative times are left out and listed.
    """
    return spread([seconds for fact in facts if (seconds := fact.seconds_to_resolve) is not None and seconds >= 0])


def busiest_services(facts: Facts) -> list[dict[str, Any]]:
    """The ten services with most incidents opened, the busiest first; equals in the order of their names."""
    counted = Counter(fact.service for fact in facts)
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return [{"service": service, "opened": opened} for service, opened in ordered[:BUSIEST]]


def negative_durations(facts: Facts) -> int:
    """Times to acknowledge or to resolve that end before they begin: errors in the data, listed one by one and in no other figure."""
    return sum(1 for _ in listed_negative_durations(facts))


def never_acknowledged(facts: Facts) -> int:
    """Incidents opened in the period that had not left the state New by their last record."""
    return sum(1 for fact in facts if fact.acknowledged_at is None)


def unresolved(facts: Facts) -> int:
    """Incidents opened in the period that have no time of resolution by their last record."""
    return sum(1 for fact in facts if fact.resolved_at is None)


def sla_unknown(facts: Facts) -> int:
    """Incidents opened in the period of which no record says whether the service-level agreement was met."""
    return sum(1 for fact in facts if fact.made_sla is None)


def listed_negative_durations(facts: Iterable[IncidentFact]) -> list[NegativeDuration]:
    """The negative durations one by one, in the order of `facts`."""
    return [
        NegativeDuration(fact.number, measure, seconds)
        for fact in facts
        for measure, seconds in ((ACKNOWLEDGE, fact.seconds_to_acknowledge), (RESOLVE, fact.seconds_to_resolve))
        if seconds is not None and seconds < 0
    ]


# In the order of the pack: the figure, its title, its unit.
Metric = tuple[Callable[[Facts], Any], str, str]
METRICS: tuple[Metric, ...] = (
    (incidents_opened, "Incidents opened", "incidents"),
    (incidents_by_priority, "Incidents by priority", "incidents"),
    (sla_breached, "SLA breached", "incidents"),
    (reopened, "Reopened", "incidents"),
    (reassigned, "Reassigned", "incidents"),
    (with_problem, "With a problem record", "incidents"),
    (with_change, "With a change", "incidents"),
    (functional_escalations, "Functional escalations", "moves"),
    (time_to_acknowledge_seconds, "Time to acknowledge", "seconds"),
    (time_to_resolve_seconds, "Time to resolve", "seconds"),
    (busiest_services, "Busiest services", "incidents"),
    (negative_durations, "Negative durations", "durations"),
)
# What the figures above leave out, so that nothing is left out in silence.
COVERAGE: tuple[Metric, ...] = (
    (never_acknowledged, "Never acknowledged", "incidents"),
    (unresolved, "Not resolved", "incidents"),
    (sla_unknown, "SLA not known", "incidents"),
)


def measured(metrics: tuple[Metric, ...], facts: Facts) -> dict[str, Any]:
    """Each figure by its name."""
    return {function.__name__: function(facts) for function, _, _ in metrics}


def definition_of(function: Callable[..., Any]) -> str:
    """The published definition: the function's docstring, its lines joined."""
    return " ".join(cleandoc(function.__doc__ or "").split())
