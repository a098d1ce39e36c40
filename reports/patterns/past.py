"""Parts held against their own earlier quarters: news only beyond the limits that those quarters' own restlessness sets. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from reports.metrics.control import FEWEST, limits

from .comparing import EARLIER, Comparison, batches, compared
from .measures import Measure
from .seen import NONE, Truth, Whole
from .shares import Numbers
from .tallies import Part, Tallies, Tally
from .waits import medians_of

# Four quarters ago is the same season. What isn't worse than then, so surely and by as much as any finding, is the season's and no finding.
A_YEAR, UNLIKE_THEN = 4, 0.01


def against_earlier(measure: Measure, counted: Tallies, earlier: Sequence[Tallies]) -> Iterator[Comparison]:
    """Each part that at least four earlier quarters know, against all those together.

    `earlier` are the quarters before without gaps, the oldest first. The comparison alone would call every drift news; so a part is only
    news when its value lies above the upper control limit of its own earlier values, too, and is worse than in the same quarter a year ago.
    """
    known = [{part: place for place, part in enumerate(one.parts)} for one in earlier]
    among = [place for place, (dimension, _) in enumerate(counted.parts) if not measure.among or dimension in measure.among]
    places = [place for place in among if sum(counted.parts[place] in names for names in known) >= FEWEST]
    for some in batches(places):
        mine = counted.rows(some)
        pasts = [_aligned(one, names, mine.parts) for one, names in zip(earlier, known, strict=True)]
        values = np.stack([_values(one, there) for one, there in pasts])
        row = {part: place for place, part in enumerate(mine.parts)}
        for found in compared(measure, EARLIER, mine, _together([one for one, _ in pasts], mine)):
            place = row[found.part]
            held = _held_to_limits(found, values[:, place])
            yield _held_to_the_season(measure, held, mine.rows([place]), pasts, place) if held.chance < 1 else held


def _aligned(one: Tallies, names: dict[Part, int], parts: tuple[Part, ...]) -> tuple[Tally, Truth]:
    """The quarter's rows for these parts, and which of them it knows; the others have nothing in them."""
    places = np.array([names.get(part, NONE) for part in parts], dtype=np.int64)
    return one.named(parts, places), places != NONE


def _together(pasts: Sequence[Tally], mine: Tally) -> Tally:
    def column(name: str) -> Any:
        values = [value for one in pasts if (value := getattr(one, name)) is not None]
        return sum(values[1:], values[0]) if values else None

    return Tally(mine.parts, column("cases"), column("bad"), column("ended"), column("still"), mine.widened, mine.of_days)


def _values(one: Tally, there: Truth) -> Numbers:
    """The share, or the median in seconds, of each part; NaN where there is none."""
    if one.bad is not None:
        cases: Whole = one.cases.sum(axis=1)
        return np.asarray(np.divide(one.bad.sum(axis=1), cases, out=np.full(len(there), np.nan), where=there & (cases > 0)))
    if one.ended is None or one.still is None:
        return np.full(len(there), np.nan)
    return np.where(there, medians_of(one.ended.sum(axis=1), one.still.sum(axis=1)), np.nan)


def _held_to_limits(found: Comparison, values: Numbers) -> Comparison:
    within = limits(values[~np.isnan(values)].tolist())
    beyond = within is not None and found.value is not None and within.judge(found.value) == "higher"
    then = float(values[-A_YEAR]) if len(values) >= A_YEAR and not np.isnan(values[-A_YEAR]) else None
    return replace(found, within=within, year_ago=then, chance=found.chance if beyond else 1.0)


def _held_to_the_season(measure: Measure, found: Comparison, row: Tally, pasts: Sequence[tuple[Tally, Truth]], place: int) -> Comparison:
    """No news if the same quarter a year ago was much the same."""
    then, there = pasts[-A_YEAR]
    if not there[place]:
        return found
    alike = all(each.chance > UNLIKE_THEN for each in compared(measure, EARLIER, row, then.rows([place])))
    return replace(found, chance=1.0) if alike else found
