"""Figures of a combination of parts, worked out from the prepared days when somebody asks. Loads numpy."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any

from reports.packs.quarters import Quarter

from .behind import picked
from .columns import microseconds, with_facts
from .measured import figures_of
from .places import Places
from .selection import Selection


def figures_asked(days: Iterable[tuple[date, bytes]], selection: Selection, places: Places) -> dict[str, dict[str, Any]]:
    """By quarter, of those with incidents of `selection`. `days` are in order. Raises OtherFormat."""
    found: dict[str, dict[str, Any]] = {}
    for (year, number), own in groupby(days, key=lambda each: (each[0].year, (each[0].month + 2) // 3)):
        quarter = Quarter(year, number)
        given = picked((columns for _, columns in own), selection, places)
        if len(given.columns.keys):
            start = microseconds(quarter.start)
            columns = with_facts(given.columns, given.told, places).known_until(given.seen_until, start)
            found[str(quarter)] = figures_of(columns, quarter)
    return found
