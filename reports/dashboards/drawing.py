"""Columns over quarters or weeks as one SVG element: drawn by attributes and classes, so that no style stands in the page. Pure.

The same kind of drawing as on paper (from zero, each column with its number), but small enough to be made while somebody waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from reports.document import Kind, shown

from .figures import compact

WIDTH, HEIGHT, BASE, TOP = 360, 132, 110, 20


@dataclass(frozen=True, slots=True)
class Column:
    """One quarter's or week's value: what it is called below the column, and in words. `so_far`: it is not over."""

    name: str
    words: str
    value: float | None
    so_far: bool = False

    @classmethod
    def of_quarter(cls, quarter: str, value: float | None, *, so_far: bool = False) -> "Column":
        return cls(f"{quarter[4:]} ’{quarter[2:4]}", f"{quarter[:4]} {quarter[4:]}", value, so_far)


def columns(key: str, title: str, kind: Kind, given: Sequence[Column], by: str = "quarter") -> str:
    """The chart with a title and a description that says every value. `key` makes the ids of the page's charts differ."""
    highest = max((column.value or 0 for column in given), default=0) or 1
    step = WIDTH / max(len(given), 1)
    drawn = "".join(_column(column, place * step, step, highest, kind) for place, column in enumerate(given))
    said = escape(f"{title} by {by}. {description(kind, given)}")
    return (
        f'<svg class="db-chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{key}-t {key}-d">'
        f'<title id="{key}-t">{escape(title)}</title><desc id="{key}-d">{said}</desc>'
        f'<line class="db-base" x1="0" y1="{BASE}.5" x2="{WIDTH}" y2="{BASE}.5"/>{drawn}</svg>'
    )


def description(kind: Kind, given: Sequence[Column]) -> str:
    """'2025 Q1: 12; 2025 Q2 so far: 3.'"""
    said = (f"{each.words}{' so far' if each.so_far else ''}: {shown(each.value, kind)}" for each in given)
    return f"{'; '.join(said)}."


def _column(column: Column, left: float, step: float, highest: float, kind: Kind) -> str:
    height = (BASE - TOP) * (column.value or 0) / highest
    middle, top = left + step / 2, BASE - height
    look = "db-bar db-so-far" if column.so_far else "db-bar"
    bar = (
        f'<rect class="{look}" x="{left + step * 0.16:.1f}" y="{top:.1f}" width="{step * 0.68:.1f}" height="{height:.1f}"/>'
        if height
        else ""
    )
    number = f'<text class="db-number" x="{middle:.1f}" y="{top - 5:.1f}" text-anchor="middle">{escape(compact(column.value, kind))}</text>'
    name = f'<text class="db-name" x="{middle:.1f}" y="{BASE + 15}" text-anchor="middle">{escape(column.name)}</text>'
    return bar + number + name
