"""Parts held against a rest: how much worse, how sure, and in which interval. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np

from reports.metrics.control import Limits

from .measures import Measure
from .ranks import rank_sum_z
from .shares import LEAST, Whole, as_many_by_chance, away, expected_in, newcombe
from .tallies import EVERYTHING, FEWEST_CASES, FEWEST_DAYS, WITH_OTHERS, Part, Tallies, Tally
from .waits import LogRank, log_rank, median_of, upper_tail

# A difference below these is no finding, however sure it is: shares half as large again or ten points larger, and five cases more than
# expected; times that end at four fifths of the others' pace or less.
RATIO, POINTS, EXCESS, PACE = 1.5, 0.10, 5.0, 0.8
# So many endings are to be expected at least, for the normal distribution to say how likely fewer are.
FEWEST_ENDINGS = 10.0
OTHERS, EARLIER = "others", "earlier"
# Parts at once, so that the tables of hundreds of parts don't stand in memory together.
BATCH = 100
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Comparison:
    """One part against the rest or its past. `value` and `other` are shares (0 to 1) or seconds; None where fewer than half ended.

    `count` are the bad cases or the endings, `expected` how many there would be if the part were as the others at the same grades.
    `effect` is the difference of the shares, or the pace (1: as fast as the others), with its 95 % interval. `chance`: of this or more if
    there were no difference; 1 for what is no finding anyhow. `z`: how many standard deviations away. `within` and `year_ago` belong to a comparison with earlier quarters.
    """

    measure: Measure
    part: Part
    against: str
    cases: int
    of_others: int
    count: int
    expected: float
    value: float | None
    other: float | None
    effect: float
    low: float
    high: float
    chance: float
    z: float
    widened: float = 1.0
    within: Limits | None = None
    year_ago: float | None = None


def z_of(chance: float) -> float:
    return 0.0 if chance >= 1 else _NORMAL.inv_cdf(1 - max(chance, LEAST))


def against_others(measure: Measure, counted: Tallies) -> Iterator[Comparison]:
    """Each part against everything of its quarter that isn't in it."""
    whole = [place for place, part in enumerate(counted.parts) if part == EVERYTHING]
    places = [place for place, (dimension, _) in enumerate(counted.parts) if dimension in (measure.among or WITH_OTHERS)]
    for some in batches(places) if whole else ():
        mine = counted.rows(some)
        yield from compared(measure, OTHERS, mine, counted.rows(whole).less(mine))


def batches(places: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(places), BATCH):
        yield places[first : first + BATCH]


def compared(measure: Measure, against: str, mine: Tally, rest: Tally) -> Iterator[Comparison]:
    """Row by row; too small ones are left out, and are no comparison."""
    enough = (mine.of_days >= FEWEST_DAYS) & (rest.cases.sum(axis=1) >= FEWEST_CASES)
    places = np.flatnonzero(enough).tolist()
    if places:
        how = _shares if mine.bad is not None else _times
        yield from how(measure, against, mine.rows(places), rest.rows(places))


def _shares(measure: Measure, against: str, mine: Tally, rest: Tally) -> Iterator[Comparison]:
    bad, rest_bad = _known(mine.bad), _known(rest.bad)
    expected, comparable = expected_in(mine.cases, rest_bad, rest.cases)
    said = rest.cases > 0
    z = away(np.where(said, mine.cases, 0), np.where(said, bad, 0), rest.cases, rest_bad)
    count = np.where(said, bad, 0).sum(axis=1)
    for place, part in enumerate(mine.parts):
        cases, hits, fair, widened = int(comparable[place]), int(count[place]), float(expected[place]), float(mine.widened[place])
        if cases < FEWEST_CASES:
            continue
        of_others = int(rest.cases[place][said[place]].sum())
        value, other = hits / cases, fair / cases
        worth = hits - fair >= EXCESS and (hits >= RATIO * fair or (measure.points and value - other >= POINTS))
        chance = 1.0
        if worth:
            one, sizes = bad[place][said[place]], mine.cases[place][said[place]]
            raw = as_many_by_chance(one, sizes, one + rest_bad[place][said[place]], sizes + rest.cases[place][said[place]])
            chance = upper_tail(z_of(raw) / sqrt(widened)) if raw < 1 else 1.0
        low, high = newcombe(hits / widened, cases / widened, other * of_others, of_others)
        yield Comparison(
            measure,
            part,
            against,
            cases,
            of_others,
            hits,
            fair,
            value,
            other,
            value - other,
            low,
            high,
            chance,
            float(z[place]) / sqrt(widened),
            widened,
        )


def _times(measure: Measure, against: str, mine: Tally, rest: Tally) -> Iterator[Comparison]:
    # Grades without a case on either side say nothing and would only cost time.
    used = np.flatnonzero(mine.cases.any(axis=0))
    ended, still, rest_ended, rest_still = (_known(each)[:, used] for each in (mine.ended, mine.still, rest.ended, rest.still))
    found = log_rank(ended, still, ended + rest_ended, still + rest_still)
    z = rank_sum_z(ended, ended + rest_ended) if measure.all_ended else found.z
    for place, part in enumerate(mine.parts):
        if not _tells(found, place):
            continue
        pace, widened = float(found.pace[place]), float(mine.widened[place])
        low, high = found.pace_between(place, widened)
        chance = upper_tail(float(z[place]) / sqrt(widened)) if pace <= PACE else 1.0
        value = median_of(ended[place].sum(axis=0), still[place].sum(axis=0))
        other = _standardised_median(mine.cases[place][used], rest_ended[place], rest_still[place])
        yield Comparison(
            measure, part, against, int(mine.cases[place].sum()), int(rest.cases[place].sum()), int(found.observed[place]),
            float(found.expected[place]), value, other, pace, low, high, chance, float(z[place]) / sqrt(widened), widened,
        )  # fmt: skip


def _tells(found: LogRank, place: int) -> bool:
    return bool(found.expected[place] >= FEWEST_ENDINGS and found.rest_expected[place] > 0 and found.rest_observed[place] > 0)


def _standardised_median(cases: Whole, ended: Whole, still: Whole) -> float | None:
    """The median of the others if they had the part's mix of grades: their cases weighted grade by grade."""
    sizes = (ended + still).sum(axis=1)
    weight = np.divide(cases, sizes, out=np.zeros(len(cases)), where=sizes > 0)[:, None]
    return median_of((ended * weight).sum(axis=0), (still * weight).sum(axis=0))


def _known(column: Whole | None) -> Whole:
    if column is None:
        raise ValueError("A tally counts either shares or times.")
    return column
