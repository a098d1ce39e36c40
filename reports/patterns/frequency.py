"""Parts with more incidents than they used to have. Pure."""

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np

from reports.metrics.control import FEWEST, limits

from .comparing import EARLIER, EXCESS, RATIO, Comparison, z_of
from .measures import Cases, Kind, Measure
from .past import A_YEAR
from .seen import Seen
from .shares import binomial_tail, wilson
from .tallies import FEWEST_CASES, FEWEST_DAYS, Part, Tallies, counts_of, parts_of
from .waits import upper_tail

AMONG = frozenset({"service", "component", "team", "all"})


def opened(seen: Seen) -> Cases:
    """Incidents opened, in a service, a component, a group, and in all; held against the number in each of the quarters before."""
    rows = np.arange(len(seen))
    return Cases(rows, seen.opened, np.zeros(len(seen), dtype=np.int64), bad=np.ones(len(seen), dtype=bool))


OPENED = Measure(opened, Kind.RECURRENCE, "Incidents opened", "incidents", "were opened", 30, with_others=False, counts=True)


def numbers_of(seen: Seen) -> Tallies:
    """How many incidents each part had, however few."""
    cases = opened(seen)
    return counts_of(seen, cases, {dimension: names for dimension, names in parts_of(seen, cases) if dimension in AMONG})


def more_often(now: Tallies, earlier: Sequence[Tallies]) -> Iterator[Comparison]:
    """Each part with at least 20 incidents on 5 days, against its numbers in the quarters before, the oldest first.

    Given how many there were in all these quarters together, each of them had the same chance to fall into this one: the chance of as
    many is binomial. Days with many at once widen it: by the variance of the days' numbers over their mean. It is news beyond the
    upper control limit of the earlier numbers, if it is half as many again as then on average, and as a year ago. The past of a part begins
    with its first incident: what is new has none.
    """
    known = [dict(zip(one.parts, one.cases.sum(axis=1).tolist(), strict=True)) for one in earlier]
    for part, many, widened, days in zip(
        now.parts, now.cases.sum(axis=1).tolist(), now.widened.tolist(), now.of_days.tolist(), strict=True
    ):
        then = [names.get(part, 0) for names in known]
        since = next((place for place, each in enumerate(then) if each), len(then))
        if many >= FEWEST_CASES and days >= FEWEST_DAYS and len(then) - since >= FEWEST:
            yield _one(part, many, then[since:], widened)


def _one(part: Part, many: int, then: Sequence[int], widened: float) -> Comparison:
    before, quarters = sum(then), len(then)
    usual = before / quarters
    within = limits([float(each) for each in then])
    enough = many >= RATIO * usual and many - usual >= EXCESS and many >= RATIO * then[-A_YEAR]
    worth = enough and within is not None and within.judge(many) == "higher"
    raw = binomial_tail(many, many + before, 1 / (quarters + 1)) if worth else 1.0
    z = z_of(raw) / sqrt(widened)
    low, high = (quarters * share / (1 - share) for share in wilson(many / widened, (many + before) / widened))
    return Comparison(
        OPENED, part, EARLIER, many, before, many, usual, float(many), usual, many / usual, low, high,
        upper_tail(z) if raw < 1 else 1.0, z, widened, within, float(then[-A_YEAR]),
    )  # fmt: skip
