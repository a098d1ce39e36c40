"""The pack's tables."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from reports.document import Cell, Column, Kind, Table
from reports.metrics import definitions
from reports.metrics.facts import IncidentFact
from reports.metrics.statistics import share_of

Facts = Sequence[IncidentFact]

_OPENED = Column("opened", "Opened", Kind.INTEGER)
_SHARE = Column("share", "Share", Kind.PERCENT)
_COUNTS = (
    definitions.incidents_opened, definitions.sla_breached, definitions.reopened, definitions.reassigned, definitions.with_problem,
    definitions.with_change, definitions.never_acknowledged, definitions.unresolved, definitions.sla_unknown,
)  # fmt: skip
_TITLES = {function: title for function, title, _ in (*definitions.METRICS, *definitions.COVERAGE)}


def counts_table(figures: Mapping[str, Any]) -> Table:
    """Every figure that counts incidents, with its share of those opened; moves and errors in the data below, without one."""
    opened = figures["incidents_opened"]
    rows: list[tuple[Cell, ...]] = [
        (_TITLES[count], figures[count.__name__], share_of(figures[count.__name__], opened)) for count in _COUNTS
    ]
    rows += [
        (_TITLES[count], figures[count.__name__], None) for count in (definitions.functional_escalations, definitions.negative_durations)
    ]
    columns = (Column("figure", "Figure"), Column("number", "Number", Kind.INTEGER), Column("share", "Share of those opened", Kind.PERCENT))
    return Table("counts", "The quarter, counted", "Shares are of the incidents opened in the period.", columns, tuple(rows))


def priorities_table(by_priority: Mapping[str, Facts], opened: int) -> Table:
    columns = (
        Column("priority", "Priority"),
        _OPENED,
        _SHARE,
        Column("sla_breached", "SLA breached", Kind.INTEGER),
        Column("sla_breached_share", "Breached", Kind.PERCENT),
        Column("reopened", "Reopened", Kind.INTEGER),
        Column("reassigned", "Reassigned", Kind.INTEGER),
        Column("functional_escalations", "Functional escalations", Kind.INTEGER),
    )
    rows: list[tuple[Cell, ...]] = []
    for name, facts in by_priority.items():
        breached = definitions.sla_breached(facts)
        rows.append(
            (
                name,
                len(facts),
                share_of(len(facts), opened),
                breached,
                share_of(breached, len(facts) - definitions.sla_unknown(facts)),
                definitions.reopened(facts),
                definitions.reassigned(facts),
                definitions.functional_escalations(facts),
            )
        )
    text = "'Share' is of all incidents opened; 'Breached' is of those of the priority of which it is known whether the service-level agreement (SLA) was met."
    return Table("priorities", "Incidents, by priority", text, columns, tuple(rows))


def durations_table(by_priority: Mapping[str, Facts], everything: Facts) -> Table:
    columns = (
        Column("measure", "Measure"),
        Column("priority", "Priority"),
        Column("count", "Counted", Kind.INTEGER),
        Column("without", "Without", Kind.INTEGER),
        Column("mean", "Mean", Kind.DURATION),
        Column("p50", "Median", Kind.DURATION),
        Column("p90", "90 % within", Kind.DURATION),
    )
    measures = (
        ("Time to acknowledge", definitions.time_to_acknowledge_seconds, definitions.never_acknowledged),
        ("Time to resolve", definitions.time_to_resolve_seconds, definitions.unresolved),
    )
    rows: list[tuple[Cell, ...]] = []
    for title, measure, without in measures:
        for name, facts in {"all": everything, **by_priority}.items():
            spread = measure(facts)
            rows.append((title, name, spread["count"], without(facts), spread["mean"], spread["p50"], spread["p90"]))
    text = "'Without' are the incidents that have no such time; together with the negative ones they are what 'Counted' leaves out."
    return Table("durations", "Times, by priority", text, columns, tuple(rows))


def weeks_table(weeks: Sequence[datetime], by_week: Sequence[Facts], priorities: Sequence[str]) -> Table:
    columns = (
        Column("week_from", "Week from"),
        _OPENED,
        *(Column(name.lower(), name, Kind.INTEGER) for name in priorities),
        Column("functional_escalations", "Functional escalations", Kind.INTEGER),
    )
    rows: list[tuple[Cell, ...]] = []
    for start, facts in zip(weeks, by_week, strict=True):
        counted = Counter(fact.priority_name for fact in facts)
        moves = definitions.functional_escalations(facts)
        rows.append((f"{start:%Y-%m-%d}", len(facts), *(counted[name] for name in priorities), moves))
    text = "Weeks run from Monday to Sunday, UTC; the quarter cuts the first and the last one. All columns count by the week of opening."
    return Table("weeks", "Incidents, by week", text, columns, tuple(rows))


def services_table(facts: Facts) -> Table:
    columns = (
        Column("service", "Service"),
        _OPENED,
        _SHARE,
        Column("sla_breached", "SLA breached", Kind.INTEGER),
        Column("functional_escalations", "Functional escalations", Kind.INTEGER),
        Column("acknowledge_p50", "Median to acknowledge", Kind.DURATION),
        Column("resolve_p50", "Median to resolve", Kind.DURATION),
    )
    rows: list[tuple[Cell, ...]] = []
    for service, mine in sorted(grouped(facts, "service").items(), key=lambda item: (-len(item[1]), item[0])):
        rows.append(
            (
                service,
                len(mine),
                share_of(len(mine), len(facts)),
                definitions.sla_breached(mine),
                definitions.functional_escalations(mine),
                definitions.time_to_acknowledge_seconds(mine)["p50"],
                definitions.time_to_resolve_seconds(mine)["p50"],
            )
        )
    return Table(
        "services", "Incidents, by service", "All services with an incident in the period, the busiest first.", columns, tuple(rows)
    )


def negative_durations_table(facts: Facts) -> Table:
    columns = (Column("incident", "Incident"), Column("measure", "Measure"), Column("seconds", "Duration", Kind.DURATION))
    rows = tuple((each.number, each.measure, each.seconds) for each in definitions.listed_negative_durations(facts))
    text = "Errors in the data: the end lies before the beginning. Left out of every other figure."
    return Table("negative_durations", "Negative durations", text, columns, rows)


def incidents_table(facts: Facts) -> Table:
    """A row an incident: what every figure can be traced to."""
    columns = (
        Column("number", "Number"),
        Column("title", "Title"),
        Column("service", "Service"),
        Column("team", "Assignment group"),
        Column("priority", "Priority"),
        Column("state", "State"),
        Column("opened_at", "Opened", Kind.DATETIME),
        Column("acknowledged_at", "Acknowledged", Kind.DATETIME),
        Column("resolved_at", "Resolved", Kind.DATETIME),
        Column("time_to_acknowledge", "Time to acknowledge", Kind.DURATION),
        Column("time_to_resolve", "Time to resolve", Kind.DURATION),
        Column("sla_breached", "SLA breached", Kind.YES_NO),
        Column("reopen_count", "Reopened", Kind.INTEGER),
        Column("reassignment_count", "Reassigned", Kind.INTEGER),
        Column("functional_escalations", "Functional escalations", Kind.INTEGER),
        Column("with_problem", "Problem", Kind.YES_NO),
        Column("with_change", "Change", Kind.YES_NO),
    )
    return Table("incidents", "Incidents", "A row an incident: what every figure can be traced to.", columns,
                 [_incident_row(fact) for fact in facts], on_paper=False)  # fmt: skip


def grouped(facts: Facts, attribute: str) -> dict[str, list[IncidentFact]]:
    groups: dict[str, list[IncidentFact]] = {}
    for fact in facts:
        groups.setdefault(getattr(fact, attribute), []).append(fact)
    return groups


def _incident_row(fact: IncidentFact) -> tuple[Cell, ...]:
    return (
        fact.number, fact.title, fact.service, fact.team, fact.priority_name, fact.state.replace("_", " "),
        fact.opened_at, fact.acknowledged_at, fact.resolved_at, fact.seconds_to_acknowledge, fact.seconds_to_resolve,
        None if fact.made_sla is None else not fact.made_sla,
        fact.reopen_count, fact.reassignment_count, fact.functional_escalations, fact.has_problem, fact.has_change,
    )  # fmt: skip
