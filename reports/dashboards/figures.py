"""A prepared figure as the lines that a page shows, in the order in which they matter. Pure, and without numpy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.document import Kind, shown

# The groups in which the figures stand.
INCIDENTS, LEFT_OUT, ESCALATIONS = "Incidents", "What the figures leave out", "Escalations by the portal"
# Of what an incident can come back, and the figure that says so.
RETURNED = ("service", "component")
AGAIN = {of: f"recurrence_by_{of}" for of in RETURNED}
BY_WEEK = "incidents_by_week"
# Parts of a figure: what they are called, of which kind, the first of them that a figure has being its headline.
PARTS: dict[str, tuple[str, Kind]] = {
    "p50": ("half within", Kind.DURATION),
    "p50_with_open": ("half within, with the unanswered", Kind.DURATION),
    "p90": ("nine in ten within", Kind.DURATION),
    "p90_with_open": ("nine in ten within, with the unanswered", Kind.DURATION),
    "p95": ("19 in 20 within", Kind.DURATION),
    "mean": ("mean", Kind.DURATION),
    "per_week": ("a week", Kind.NUMBER),
    "per_day": ("a day", Kind.NUMBER),
    "on_the_busiest_day": ("on the busiest day", Kind.INTEGER),
    "share_7_days": ("back within 7 days, share", Kind.PERCENT),
    "within_7_days": ("back within 7 days", Kind.INTEGER),
    "share_30_days": ("back within 30 days, share", Kind.PERCENT),
    "within_30_days": ("back within 30 days", Kind.INTEGER),
    "share_90_days": ("back within 90 days, share", Kind.PERCENT),
    "within_90_days": ("back within 90 days", Kind.INTEGER),
    "per_incident": ("an incident opened", Kind.NUMBER),
    "missed": ("missed", Kind.INTEGER),
    "met": ("met", Kind.INTEGER),
    "neither": ("neither", Kind.INTEGER),
    "count": ("counted", Kind.INTEGER),
    "open": ("not resolved", Kind.INTEGER),
    "contradicting": ("resolved before the opening, left out", Kind.INTEGER),
    "incidents": ("incidents", Kind.INTEGER),
    "without": ("without an answer there", Kind.INTEGER),
    "of": ("of so many", Kind.INTEGER),
    "days": ("days counted", Kind.INTEGER),
    "share": ("share", Kind.PERCENT),
}
# What counts no incidents.
NOTHING_BEHIND = frozenset({"days"})
# Behind a time stand the incidents that have it; behind a share those that are counted in it.
COUNTED_BY = ("count", "met", "incidents")
SHOWN_FIRST = (
    "incidents_opened", BY_WEEK, "sla_breached", "time_to_acknowledge_seconds", "time_to_resolve_seconds", "frequency", "recurrence_by_service",
    "recurrence_by_component", "unresolved", "escalations",
    "escalation_density", "time_to_escalate_seconds", "time_to_acknowledge_level_seconds", "windows", "premature", "woken_for_nothing",
    "skipped_levels", "exhausted_runs", "late_steps",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One number of a figure. `name` is the figure's, `part` what of it, '' for the whole; `behind` names what its incidents are found by."""

    name: str
    part: str
    words: str
    value: float | None
    kind: Kind
    behind: str = ""

    @property
    def key(self) -> str:
        return f"{self.name}.{self.part}" if self.part else self.name

    @property
    def text(self) -> str:
        return shown(self.value, self.kind)


def lines_of(name: str, unit: str, value: Any) -> list[Line]:
    """The lines of a figure; none of one that is a list."""
    if isinstance(value, bool | int | float) or value is None:
        kind = Kind.INTEGER if isinstance(value, int) or value is None else Kind.DURATION if unit == "seconds" else Kind.NUMBER
        return [Line(name, "", unit, value, kind, name)]
    if not isinstance(value, dict):
        return []
    known = [part for part in PARTS if part in value]
    parts = known + [part for part in value if part not in PARTS and isinstance(value[part], int | float)]
    by = next((part for part in COUNTED_BY if part in value), "")
    return [_line(name, part, unit, value[part], by) for part in parts]


def _line(name: str, part: str, unit: str, value: Any, by: str) -> Line:
    words, kind = PARTS.get(part, (part, Kind.INTEGER if isinstance(value, int) else Kind.NUMBER))
    is_number_of_incidents = kind is Kind.INTEGER
    counted = part if is_number_of_incidents or not by else by
    if part.startswith("share_"):
        counted = part.replace("share_", "within_", 1)
    behind = "" if part in NOTHING_BEHIND else f"{name}.{counted}"
    if by == "met" and part == "share":
        words = "share met"
    said = f"{unit} {words}" if part in ("missed", "met", "neither") else unit if part == "count" and unit != "seconds" else words
    return Line(name, part, said, value, kind, behind)


def headline(lines: list[Line]) -> Line | None:
    """What stands for the figure where there is room for one number; None where no part stands for the others."""
    return lines[0] if lines and (not lines[0].part or lines[0].part in PARTS) else None


def chosen_figures(catalogue: list[Mapping[str, str]], names: list[str]) -> list[Mapping[str, str]]:
    """The entries of `names`, or of what is shown first; in the order of the catalogue."""
    wanted = set(names) or set(SHOWN_FIRST)
    return [each for each in catalogue if each["name"] in wanted]


def compact(value: float | None, kind: Kind) -> str:
    """Short enough to stand over a narrow column: 12.3k, 1.3 h, 42 %."""
    if value is None:
        return ""
    if kind is Kind.DURATION:
        size, unit = next(((size, unit) for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")) if value >= size), (1, "s"))
        return f"{_short(value / size)} {unit}"
    return f"{_short(value)} %" if kind is Kind.PERCENT else _short(value)


def _short(value: float) -> str:
    if value >= 10_000:
        return _plain(value / 1_000_000, 1) + "m" if value >= 1_000_000 else _plain(value / 1_000, 1) + "k"
    return _plain(value, 0 if value >= 10 else 1 if value >= 1 else 2)


def _plain(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
