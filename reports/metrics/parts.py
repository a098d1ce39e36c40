"""Escalations by the parts of a dimension, cut apart in one pass however many parts there are. Pure.

Everything is brought into the order of the parts once; a part is then a stretch of it, and nothing is copied.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from .escalation_definitions import Escalations
from .incidents import Incidents, stretches
from .levels import Visits, Whole

OF_A_RUN = ("incident", "resolved", "exhausted", "steps", "late", "passed_over")
OF_A_VISIT = tuple(name for name in Visits.__slots__ if name != "run")


def by_dimension(given: Escalations, incidents: Incidents, dimension: str) -> dict[str, Escalations]:
    """The parts of `dimension` that have escalations, by name, each held against the incidents of its own."""
    rows = incidents.rows_of(given.incident)
    codes = incidents.codes(dimension)
    opened = dict(zip(*(column.tolist() for column in np.unique(codes, return_counts=True)), strict=True))
    found = split(given, codes[rows], opened)
    named = [(incidents.name_of(dimension, code), part) for code, part in found.items()]
    return dict(sorted(named, key=lambda each: each[0]))


def split(given: Escalations, codes: Whole, opened: Mapping[int, int]) -> dict[int, Escalations]:
    """By code the runs that have it, with their visits; `codes` are in the order of the runs, `opened` the incidents held against each."""
    order = np.argsort(codes, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    moved = place[given.visits.run]
    visit_order = np.argsort(moved, kind="stable")
    moved = moved[visit_order]
    of_runs = {name: getattr(given, name)[order] for name in OF_A_RUN}
    of_visits = {name: getattr(given.visits, name)[visit_order] for name in OF_A_VISIT}
    acted = given.acted[visit_order]
    found = {}
    for code, start, end in stretches(codes[order]):
        low, high = np.searchsorted(moved, (start, end))
        found[code] = replace(
            given,
            **{name: column[start:end] for name, column in of_runs.items()},
            opened=opened.get(code, 0),
            visits=Visits(run=moved[low:high] - start, **{name: column[low:high] for name, column in of_visits.items()}),
            acted=acted[low:high],
        )
    return found


def by_level(given: Escalations) -> dict[str, Escalations]:
    """'level 1', 'level 2', …: all runs, with the visits of that level alone."""
    return {f"level {level}": given.of_visits(given.visits.level == level) for level in np.unique(given.visits.level).tolist()}
