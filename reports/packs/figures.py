"""The pack's charts, as data with words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from reports.document import Figure, FigureKind, Kind, Series, duration_in_words, number_in_words
from reports.metrics import definitions
from reports.metrics.facts import IncidentFact

Facts = Sequence[IncidentFact]

_WORDS = {"P1": "P1 critical", "P2": "P2 high", "P3": "P3 moderate", "P4": "P4 low", "P5": "P5 planning", "unknown": "priority not known"}
_BY_WEEK = "Week from"
_CUT_WEEKS = "The quarter cuts the first and the last week."


def volume_figure(weeks: Sequence[datetime], by_week: Sequence[Facts], priorities: Sequence[str]) -> Figure:
    counted = [Counter(fact.priority_name for fact in facts) for facts in by_week]
    series = tuple(Series(_WORDS[name], tuple(week[name] for week in counted), name.lower()) for name in priorities)
    totals = [len(facts) for facts in by_week]
    return Figure(
        key="volume",
        kind=FigureKind.SMALL_MULTIPLES,
        title="Incidents opened, by week and priority",
        description=_highest("incidents opened", weeks, totals),
        category_label=_BY_WEEK,
        value_label="Incidents opened",
        categories=_week_names(weeks),
        series=series,
        note=f"Each priority has its own scale, from zero. {_CUT_WEEKS}",
    )


def escalations_figure(weeks: Sequence[datetime], by_week: Sequence[Facts]) -> Figure:
    moves = [definitions.functional_escalations(facts) for facts in by_week]
    return Figure(
        key="functional_escalations",
        kind=FigureKind.COLUMNS,
        title="Functional escalations, by the week of opening",
        description=_highest("functional escalations", weeks, moves),
        category_label=_BY_WEEK,
        value_label="Functional escalations",
        categories=_week_names(weeks),
        series=(Series("Functional escalations", tuple(moves)),),
        note=f"Each is counted in the week in which its incident was opened. {_CUT_WEEKS}",
    )


def times_figure(key: str, title: str, by_priority: Mapping[str, dict[str, Any]]) -> Figure:
    """Median and 90th percentile a priority; `by_priority` maps a priority to its spread in seconds."""
    shown = {name: spread for name, spread in by_priority.items() if spread["count"]}
    told = "; ".join(
        f"{_WORDS[name]}: half within {duration_in_words(spread['p50'])}, nine in ten within {duration_in_words(spread['p90'])}"
        for name, spread in shown.items()
    )
    return Figure(
        key=key,
        kind=FigureKind.RANGES,
        title=f"{title}, by priority",
        description=f"{told}." if told else "There are none.",
        category_label="Priority",
        value_label=title,
        categories=tuple(_WORDS[name] for name in shown),
        series=(
            Series("half within", tuple(spread["p50"] for spread in shown.values())),
            Series("nine in ten within", tuple(spread["p90"] for spread in shown.values()), "muted"),
        ),
        value_kind=Kind.DURATION,
    )


def services_figure(busiest: Sequence[Mapping[str, Any]]) -> Figure:
    return Figure(
        key="busiest_services",
        kind=FigureKind.BARS,
        title="Busiest services, by incidents opened",
        description="; ".join(f"{row['service']}: {number_in_words(row['opened'])}" for row in busiest) + "."
        if busiest
        else "There are none.",
        category_label="Service",
        value_label="Incidents opened",
        categories=tuple(row["service"] for row in busiest),
        series=(Series("Opened", tuple(row["opened"] for row in busiest)),),
    )


def _week_names(weeks: Sequence[datetime]) -> tuple[str, ...]:
    return tuple(f"{start.day} {start:%b}" for start in weeks)


def _highest(what: str, weeks: Sequence[datetime], numbers: Sequence[int]) -> str:
    highest = max(numbers)
    if not highest:
        return f"There are no {what}."
    start = weeks[numbers.index(highest)]
    return f"Most {what}, {number_in_words(highest)}, fall in the week from {start.day} {start:%B}."
