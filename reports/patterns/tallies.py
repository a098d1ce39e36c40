"""A measure counted for every part of a quarter at once: small tables, from which all comparisons are made. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .clusters import design_effects
from .grid import Grid
from .measures import Cases
from .seen import GRADES, NONE, SHIFTS, Names, Seen, Truth, Whole, at_week_end, shifts_of
from .shares import Numbers
from .waits import CLASSES, classes, hazards

# Fewer cases, or on fewer days, are no part to compare: any share of so few may be anything.
FEWEST_CASES, FEWEST_DAYS = 20, 5
EVERYTHING = ("all", "everything")
# Each dimension and how its parts are spoken of.
DIMENSIONS = {
    "service": "service", "component": "component", "team": "assignment group", "policy": "policy version", "level": "level",
    "grade": "severity", "shift": "time of day", "week": "time of the week", "service at night": "service at night", "all": "all",
}  # fmt: skip
# Graded otherwise, they are meant to be treated otherwise: held against their own past only.
WITH_OTHERS = frozenset(DIMENSIONS) - {"grade", "all"}
STRATA = len(GRADES)
Part = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Tally:
    """One measure of one quarter, a row a part; the whole is the part EVERYTHING.

    Of a share: `cases` and `bad` by grade. Of a time: `ended` and `still` by grade and class of time. `widened` is the design effect of the
    days, `of_days` on how many the part has cases; both empty where they are not asked for.
    """

    parts: tuple[Part, ...]
    cases: Whole
    bad: Whole | None = None
    ended: Whole | None = None
    still: Whole | None = None
    widened: Numbers = field(default_factory=lambda: np.ones(0))
    of_days: Whole = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def rows(self, places: Sequence[int]) -> "Tally":
        """Those parts alone."""
        chosen = np.asarray(places, dtype=np.int64)
        bad, ended, still = (None if each is None else each[chosen] for each in (self.bad, self.ended, self.still))
        parts = tuple(self.parts[place] for place in places)
        return Tally(parts, self.cases[chosen], bad, ended, still, *_of_days(self, chosen))

    def less(self, part: "Tally") -> "Tally":
        """What is left of this when the part's cases are taken out; rows may be repeated to match."""
        bad, ended, still = (
            None if mine is None or other is None else mine - other
            for mine, other in ((self.bad, part.bad), (self.ended, part.ended), (self.still, part.still))
        )
        return Tally(part.parts, self.cases - part.cases, bad, ended, still, part.widened, part.of_days)


@dataclass(frozen=True, slots=True)
class Tallies:
    """The same of every part of a quarter at once, with times in little memory."""

    parts: tuple[Part, ...]
    cases: Whole
    bad: Whole | None = None
    ended: Grid | None = None
    still: Grid | None = None
    widened: Numbers = field(default_factory=lambda: np.ones(0))
    of_days: Whole = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def rows(self, places: Sequence[int]) -> Tally:
        """Those parts alone."""
        return self.named(tuple(self.parts[place] for place in places), np.asarray(places, dtype=np.int64))

    def named(self, parts: tuple[Part, ...], places: Whole) -> Tally:
        """Those at `places` as `parts`; where that is NONE, nothing."""
        there, chosen = places != NONE, np.where(places == NONE, 0, places)

        def column(values: Whole | Grid | None) -> Any:
            if values is None or not len(self.parts):
                return None
            rows = values.rows(chosen) if isinstance(values, Grid) else values[chosen]
            rows[~there] = 0
            return rows

        cases = column(self.cases)
        if cases is None:
            return Tally(parts, np.zeros((len(parts), STRATA), dtype=np.int64))
        return Tally(parts, cases, column(self.bad), column(self.ended), column(self.still), *_of_days(self, chosen))


def _of_days(counted: Tally | Tallies, chosen: Whole) -> tuple[Numbers, Whole]:
    """Of those parts; both empty where nobody asked for them."""
    if not len(counted.widened):
        return counted.widened, counted.of_days
    return counted.widened[chosen], counted.of_days[chosen]


def joined(tallies: Sequence[Tally], *, added: bool = False) -> Tally:
    """The rows of all below each other, or `added` to one row."""
    first = tallies[0]

    def column(name: str) -> Any:
        values = [getattr(each, name) for each in tallies]
        if values[0] is None:
            return None
        stacked = np.concatenate(values)
        return stacked.sum(axis=0, keepdims=True) if added else stacked

    cases, bad, ended, still = (column(name) for name in ("cases", "bad", "ended", "still"))
    if added:
        return Tally(first.parts, cases, bad, ended, still, first.widened, first.of_days)
    parts = tuple(part for each in tallies for part in each.parts)
    return Tally(parts, cases, bad, ended, still, column("widened"), column("of_days"))


def parts_of(seen: Seen, cases: Cases) -> Iterator[tuple[str, Names]]:
    """The parts that the cases belong to, dimension by dimension; the cases that belong to none have NONE."""
    for dimension, names in seen.names.items():
        yield dimension, Names(names.codes[cases.incident], names.words)
    local = seen.local(cases.at, cases.incident)
    shift = shifts_of(local)
    yield "shift", Names(shift, SHIFTS)
    yield "week", Names(np.where(at_week_end(local), 0, NONE), ("week-ends",))
    service = seen.names["service"]
    yield "service at night", Names(np.where(shift == 0, service.codes[cases.incident], NONE), service.words)
    levels = tuple(f"level {number}" for number in range(1, int(cases.level.max(initial=0)) + 1))
    yield "level", Names(cases.level - 1, levels)
    yield "grade", Names(seen.grade[cases.incident], GRADES)
    yield EVERYTHING[0], Names(np.zeros(len(cases), dtype=np.int64), (EVERYTHING[1],))


def tally_of(seen: Seen, cases: Cases, parts: Mapping[Part, Truth]) -> Tally:
    """The cases counted for these parts alone, whatever their size."""
    stratum, day = seen.grade[cases.incident], seen.day(cases.at)
    score, rows = _scores(cases, stratum), []
    for part, inside in parts.items():
        none = np.zeros(int(inside.sum()), dtype=np.int64)
        counts = _counts(cases.where(inside), stratum[inside], 1)
        widened, days = design_effects(none, 1, day[inside], 2 * seen.days, score[inside])
        bad, ended, still = (counts[1], None, None) if len(counts) == 2 else (None, *counts[1:])
        rows.append(Tally((part,), counts[0], bad, ended, still, widened, days))
    return joined(rows)


def tally(seen: Seen, cases: Cases, names_of: Mapping[str, Names], *, by_days: bool = True) -> Tallies:
    """The measure's cases counted for every part with at least 20 of them; `names_of` are their parts by dimension.

    Without `by_days` nothing is said of days: a quarter that others are held against has none to say.
    """
    stratum = seen.grade[cases.incident]
    day = seen.day(cases.at)
    score = _scores(cases, stratum) if by_days else np.empty(0)
    rows: list[tuple[Part, ...]] = []
    counted: list[tuple[Any, ...]] = []
    for dimension, names in names_of.items():
        kept, code = _large_enough(names)
        chosen = code != NONE
        many, mine = len(kept), code[chosen]
        rows.append(tuple((dimension, names.words[each]) for each in kept))
        place = mine * STRATA + stratum[chosen]
        spread = design_effects(mine, many, day[chosen], 2 * seen.days, score[chosen]) if by_days else (score, day[:0])
        first, *others = _counts(cases.where(chosen), place, many)
        counted.append((first, *(Grid.of(each) if cases.bad is None else each for each in others), *spread))
    parts = tuple(part for some in rows for part in some)
    found: list[Any] = [_below_each_other(column) for column in zip(*counted, strict=True)]
    if cases.bad is not None:
        cases_of, bad, widened, days = found
        return Tallies(parts, cases_of, bad, widened=widened, of_days=days)
    cases_of, ended, still, widened, days = found
    return Tallies(parts, cases_of, None, ended, still, widened, days)


def _below_each_other(columns: Sequence[Any]) -> Any:
    return Grid.below_each_other(columns) if isinstance(columns[0], Grid) else np.concatenate(columns)


def counts_of(seen: Seen, cases: Cases, names_of: Mapping[str, Names]) -> Tallies:
    """How many cases each part has, however few; `widened` is the variance of the days' numbers over their mean, at least 1."""
    day = np.minimum(seen.day(cases.at), seen.days - 1)
    rows: list[Part] = []
    columns: list[tuple[Any, ...]] = []
    for dimension, names in names_of.items():
        chosen, many = names.codes != NONE, len(names.words)
        code = names.codes[chosen].astype(np.int64)
        cases_of = np.bincount(code * STRATA + seen.grade[cases.incident][chosen], minlength=many * STRATA).reshape(many, STRATA)
        by_day = np.bincount(code * seen.days + day[chosen], minlength=many * seen.days).reshape(many, seen.days)
        mean = by_day.mean(axis=1)
        uneven = np.divide(by_day.var(axis=1), mean, out=np.ones(many), where=mean > 0)
        rows += [(dimension, word) for word in names.words]
        columns.append((cases_of, np.maximum(1.0, uneven), (by_day > 0).sum(axis=1)))
    counted, widened, days = (np.concatenate(column) for column in zip(*columns, strict=True))
    return Tallies(tuple(rows), counted, widened=widened, of_days=days)


def _large_enough(names: Names) -> tuple[list[int], Whole]:
    """The parts with enough cases, and the cases' parts numbered anew among those."""
    sizes = np.bincount(names.codes[names.codes != NONE], minlength=len(names.words))
    kept = np.flatnonzero(sizes >= FEWEST_CASES)
    new = np.full(len(names.words) + 1, NONE, dtype=np.int64)
    new[kept] = np.arange(len(kept))
    return kept.tolist(), new[names.codes]


def _counts(cases: Cases, place: Whole, parts: int) -> tuple[Whole, ...]:
    size = parts * STRATA
    if cases.bad is not None:
        return tuple(np.bincount(each, minlength=size).reshape(parts, STRATA) for each in (place, place[cases.bad]))
    found: list[Whole] = [np.bincount(place, minlength=size).reshape(parts, STRATA)]
    for chosen in _halves(cases):
        spot = place[chosen] * CLASSES + classes(cases.seconds[chosen] if cases.seconds is not None else [])
        found.append(np.bincount(spot, minlength=size * CLASSES).reshape(parts, STRATA, CLASSES))
    return tuple(found)


def _halves(cases: Cases) -> tuple[Truth, Truth]:
    over = cases.ended if cases.ended is not None else np.ones(len(cases), dtype=bool)
    return over, ~over


def _scores(cases: Cases, stratum: Whole) -> Numbers:
    """What the comparison adds up, case by case: 1 for a bad one; of a time whether it ended, less what was to be expected by then."""
    if cases.bad is not None:
        return cases.bad.astype(np.float64)
    _, ended, still = _counts(cases, stratum, 1)
    over, _ = _halves(cases)
    expected: NDArray[np.float64] = hazards(ended[0].astype(np.float64), still[0].astype(np.float64))
    return np.asarray(over - expected[stratum, classes(cases.seconds if cases.seconds is not None else [])])
