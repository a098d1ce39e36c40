"""Services and components whose incidents come back more often than their mere number would bring them back. Pure."""

from collections.abc import Iterator
from math import sqrt

import numpy as np

from reports.metrics.levels import NEVER

from .clusters import design_effects
from .comparing import EXCESS, RATIO, Comparison, z_of
from .measures import Cases, Kind, Measure
from .returns import came_back, chance_to_come_back
from .seen import DAY, NONE, Seen, Truth, Whole
from .shares import Numbers, binomial_tail, wilson
from .tallies import FEWEST_DAYS
from .waits import upper_tail

CHANCE = "chance"
# What a component brings back is seen in few incidents, and the test is exact.
FEWEST_RETURNING = 8
SOONEST, LATEST = DAY, 7 * DAY


def component_returned(seen: Seen) -> Cases:
    """Resolved incidents after which another one of the same component was opened one to seven days later, of all resolved ones with one.

    Held against how many would come back if the component's incidents were any of the quarter's. What follows within a day is one
    disturbance and doesn't count.
    """
    return returns_of(seen, "component")


def service_returned(seen: Seen) -> Cases:
    """The same by service, for incidents of which the component isn't known or differs."""
    return returns_of(seen, "service")


_DONE = "were followed by another within a week"
RETURNED = {
    "component": Measure(
        component_returned, Kind.RECURRENCE, "Component that comes back", "resolved incidents", _DONE, 60,
        points=False, among=frozenset({"component"}),
    ),
    "service": Measure(
        service_returned, Kind.RECURRENCE, "Service that comes back", "resolved incidents", _DONE, 60,
        with_others=False, among=frozenset({"service"}),
    ),
}  # fmt: skip


def returns_of(seen: Seen, dimension: str) -> Cases:
    codes = seen.names[dimension].codes
    bad = came_back(codes, seen.opened, _resolved(seen), SOONEST, LATEST)
    rows = np.arange(len(seen))
    return Cases(rows, seen.opened, np.zeros(len(seen), dtype=np.int64), bad=bad).where(_counts(seen, codes))


def returning(seen: Seen) -> Iterator[Comparison]:
    """Each component, and each service, with at least eight resolved incidents on five days."""
    for dimension in RETURNED:
        names, cases = seen.names[dimension], returns_of(seen, dimension)
        code = names.codes[cases.incident]
        sizes, resolved = np.bincount(names.codes[names.codes != NONE], minlength=len(names.words)), _resolved(seen)[cases.incident]
        order = np.argsort(code, kind="stable")
        bounds = np.searchsorted(code[order], np.arange(len(names.words) + 1))
        for place, word in enumerate(names.words):
            mine = order[bounds[place] : bounds[place + 1]]
            if len(mine) >= FEWEST_RETURNING and cases.bad is not None:
                chances = chance_to_come_back(int(sizes[place]), seen.opened, resolved[mine], SOONEST, LATEST)
                yield from _one((dimension, word), len(seen), cases.bad[mine], chances, seen.day(cases.at[mine]), 2 * seen.days)


def _one(part: tuple[str, str], everything: int, bad: Truth, chances: Numbers, day: Whole, days: int) -> Iterator[Comparison]:
    effects, busy = design_effects(np.zeros(len(bad), dtype=np.int64), 1, day, days, bad - chances)
    if busy[0] < FEWEST_DAYS:
        return
    count, cases, expected, widened = int(bad.sum()), len(bad), float(chances.sum()), float(effects[0])
    worth = count - expected >= EXCESS and count >= RATIO * expected
    # The shares differ from incident to incident; at their mean the binomial distribution is wider than theirs.
    raw = binomial_tail(count, cases, expected / cases) if worth else 1.0
    chance = upper_tail(z_of(raw) / sqrt(widened)) if raw < 1 else 1.0
    low, high = (bound - expected / cases for bound in wilson(count / widened, cases / widened))
    yield Comparison(
        RETURNED[part[0]], part, CHANCE, cases, everything, count, expected, count / cases, expected / cases, (count - expected) / cases, low, high,
        chance, z_of(raw) / sqrt(widened), widened,
    )  # fmt: skip


def _resolved(seen: Seen) -> Whole:
    """When each was resolved; where that isn't known, or lies before the opening, the opening: such ones are not counted."""
    return np.where(seen.resolved >= seen.opened, seen.resolved, seen.opened)


def _counts(seen: Seen, codes: Whole) -> Truth:
    return np.asarray((codes != NONE) & (seen.resolved != NEVER) & (seen.resolved >= seen.opened))
