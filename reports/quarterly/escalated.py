"""The figures of a review that tell of escalations, picked out of all that its report says. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.document import Kind

from .changes import Change, change_of

CONFORMANCE = "conformance"


@dataclass(frozen=True, slots=True)
class Figure:
    """`path` says where it stands in the report; `behind` which figure of the dashboards lists its incidents, or the page of conformance."""

    key: str
    title: str
    path: tuple[str, ...]
    kind: Kind = Kind.NUMBER
    behind: str = ""


def _measure(key: str, title: str, *part: str, kind: Kind = Kind.NUMBER, behind: str = "") -> Figure:
    return Figure(key, title, ("escalations", "measures", key, *part), kind, behind)


FIGURES = (
    _measure("runs", "Escalations begun"),
    _measure("escalations", "Escalations to a higher level", behind="escalations"),
    _measure("time_to_escalate_seconds", "Time to escalate, median", "p50", kind=Kind.DURATION, behind="time_to_escalate_seconds.count"),
    _measure(
        "time_to_acknowledge_level_seconds",
        "Time to acknowledge at a level, median",
        "p50",
        kind=Kind.DURATION,
        behind="time_to_acknowledge_level_seconds.count",
    ),
    _measure("windows", "Windows missed", "missed", behind="windows.missed"),
    _measure("premature", "Premature escalations", "count", behind="premature.count"),
    _measure("woken_for_nothing", "Levels woken for nothing", "count", behind="woken_for_nothing.count"),
    _measure("late_steps", "Late steps", "count", behind="late_steps.count"),
    _measure("exhausted_runs", "Nobody reached", behind="exhausted_runs"),
    Figure("unsigned_hand_offs", "Hand-offs unsigned", ("operations", "hand_offs", "unsigned")),
    Figure("with_rationale", "Deviations with a rationale", (), behind=CONFORMANCE),
    Figure("without_rationale", "Deviations without a rationale", (), behind=CONFORMANCE),
)


def picked(content: Mapping[str, Any]) -> dict[str, Any]:
    """Their values by key, of all that a report says; a report without escalations and without deviations has none."""
    found = {figure.key: _at(content, figure.path) for figure in FIGURES if figure.path}
    classes = (_at(content, ("conformance", "classes")) or {}).values()
    for key in ("with_rationale", "without_rationale"):
        found[key] = sum(each.get(key, 0) for each in classes) if classes else None
    told = {key: value for key, value in found.items() if value is not None}
    return told if any(told.values()) else {}


def compared(now: Mapping[str, Any], before: Mapping[str, Any]) -> list[tuple[Change, str]]:
    """Each that is known, beside what it was, with what is behind it."""
    return [
        (change_of(figure.key, figure.title, now[figure.key], before.get(figure.key), figure.kind), figure.behind)
        for figure in FIGURES
        if figure.key in now
    ]


def _at(content: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        content = content.get(name) if isinstance(content, Mapping) else None
    return content
