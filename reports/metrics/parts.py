"""Escalations by the parts of a dimension, cut apart in one pass however many parts there are. Pure."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from .escalation_definitions import Escalations
from .incidents import Incidents
from .levels import Visits, Whole

OF_A_RUN = ("incident", "resolved", "exhausted", "steps", "late")


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
    found = {}
    present, first = np.unique(codes[order], return_index=True)
    ends = np.append(first[1:], len(order))
    for code, start, end in zip(present.tolist(), first.tolist(), ends.tolist(), strict=True):
        of = order[start:end]
        low, high = np.searchsorted(moved, (start, end))
        among = visit_order[low:high]
        columns = {name: getattr(given.visits, name)[among] for name in Visits.__slots__}
        found[code] = replace(
            given,
            **{name: getattr(given, name)[of] for name in OF_A_RUN},
            opened=opened.get(code, 0),
            visits=Visits(**{**columns, "run": moved[low:high] - start}),
            acted=given.acted[among],
        )
    return found


def by_level(given: Escalations) -> dict[str, Escalations]:
    """'level 1', 'level 2', …: all runs, with the visits of that level alone."""
    return {f"level {level}": given.of_visits(given.visits.level == level) for level in np.unique(given.visits.level).tolist()}
