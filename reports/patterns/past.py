"""Parts held against their own earlier quarters: news only beyond the limits that those quarters' own restlessness sets. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reports.metrics.control import FEWEST, limits

from .comparing import EARLIER, Comparison, batches, compared
from .measures import Measure
from .tallies import Tally, joined
from .waits import median_of

# Four quarters ago is the same season. What isn't worse than then, so surely and by as much as any finding, is the season's and no finding.
A_YEAR, UNLIKE_THEN = 4, 0.01


def against_earlier(measure: Measure, counted: Tally, earlier: Sequence[Tally]) -> Iterator[Comparison]:
    """Each part that at least four earlier quarters know, against all those together.

    `earlier` are the quarters before without gaps, the oldest first. The comparison alone would call every drift news; so a part is only news
    when its value lies above the upper control limit of its own earlier values, too, and is worse than that of the same quarter a year ago.
    """
    known = [{part: place for place, part in enumerate(one.parts)} for one in earlier]
    places = [place for place, part in enumerate(counted.parts) if sum(part in names for names in known) >= FEWEST]
    for some in batches(places):
        mine = counted.rows(some)
        pasts = {
            part: [one.rows([names[part]]) if part in names else None for one, names in zip(earlier, known, strict=True)]
            for part in mine.parts
        }
        rest = joined([joined([one for one in past if one is not None], added=True) for past in pasts.values()])
        for found in compared(measure, EARLIER, mine, rest):
            past = pasts[found.part]
            values = [None if one is None else value_of(one) for one in past]
            season = len(past) >= A_YEAR and _as_then(measure, mine.rows([mine.parts.index(found.part)]), past[-A_YEAR])
            yield _held_to_limits(found, values, season=season)


def value_of(row: Tally) -> float | None:
    """The share, or the median in seconds, of a single part; None when fewer than half ended."""
    if row.bad is not None:
        return float(row.bad.sum() / row.cases.sum())
    if row.ended is None or row.still is None:
        raise ValueError("A tally counts either shares or times.")
    return median_of(row.ended.sum(axis=(0, 1)), row.still.sum(axis=(0, 1)))


def _as_then(measure: Measure, row: Tally, then: Tally | None) -> bool:
    """Whether the same quarter a year ago was much the same."""
    return then is not None and all(each.chance > UNLIKE_THEN for each in compared(measure, EARLIER, row, then))


def _held_to_limits(found: Comparison, values: Sequence[float | None], *, season: bool) -> Comparison:
    within = limits([value for value in values if value is not None])
    year_ago = values[-A_YEAR] if len(values) >= A_YEAR else None
    beyond = within is not None and found.value is not None and within.judge(found.value) == "higher"
    return replace(found, within=within, year_ago=year_ago, chance=found.chance if beyond and not season else 1.0)
