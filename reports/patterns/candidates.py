"""From comparisons to candidates: the many comparisons judged together, what one finding explains of another, and the exact figures. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from reports.metrics.survival import Curve, curve

from .comparing import EARLIER, OTHERS, POINTS, RATIO, Comparison, compared
from .discovery import adjusted
from .measures import Cases
from .ranks import hodges_lehmann
from .seen import Names, Seen, Truth, Whole
from .shares import Numbers, binomial_tail
from .tallies import EVERYTHING, FEWEST_CASES, Part, parts_of, tally_of

# The expected share of false ones among the findings of a quarter.
RATE = 0.05
# What is left of a part without the incidents of a surer finding must still stand out so surely to be a finding of its own.
LEFT_OVER = 0.01
# Of two findings that are not compared with others, the one of which so much lies in the other is the same thing.
THE_SAME = 0.8
# A difference of medians that nobody would feel is no finding: a minute, and a quarter as much again.
FELT_SECONDS, FELT_RATIO = 60.0, 1.25


@dataclass(frozen=True, slots=True)
class Book:
    """A measure's cases and the parts they belong to, by dimension."""

    cases: Cases
    names: Mapping[str, Names]

    @classmethod
    def of(cls, seen: Seen, cases: Cases) -> "Book":
        if cases.seconds is not None:
            # In this order every part's times are sorted already, which is what a median takes longest for.
            cases = cases.where(np.argsort(cases.seconds, kind="stable"))
        # Twenty measures' are kept until all are judged.
        return cls(cases, {dimension: names.narrow() for dimension, names in parts_of(seen, cases)})

    def within(self, part: Part) -> Truth:
        """Which cases belong to the part."""
        names = self.names[part[0]]
        return np.asarray(names.codes == names.words.index(part[1]))


@dataclass(slots=True)
class Candidate:
    """A finding as numbers: the comparison, its false-discovery rate, the cases in its part, and what it explains.

    `longer`: for times that have all ended, by how much, with its interval. `waited`: seconds beyond those at the others' mean.
    """

    found: Comparison
    rate: float
    inside: Truth
    rows: Truth
    longer: tuple[float, float, float] | None = None
    waited: float = 0.0
    same_part: list["Candidate"] = field(default_factory=list)
    explains: list["Candidate"] = field(default_factory=list)

    @property
    def minutes(self) -> float:
        """The harm: cases beyond the expected times what one is taken to cost; of times what was waited beyond the others' mean."""
        found = self.found
        return (found.count - found.expected) * found.measure.minutes if found.measure.minutes else self.waited / 60


def candidates(seen: Seen, comparisons: Sequence[Comparison], books: Mapping[str, Book]) -> list[Candidate]:
    """What may be called a finding, the surest first, each explained away where a surer one of its kind explains it."""
    rates = adjusted([each.chance for each in comparisons])
    sure = [(each, float(rate)) for each, rate in zip(comparisons, rates, strict=True) if rate <= RATE]
    # What others follow from comes first, so that they are told with it.
    sure.sort(key=lambda pair: (bool(pair[0].measure.follows), -pair[0].z, pair[0].measure.name, pair[0].part, pair[0].against))
    kept: list[Candidate] = []
    for found, rate in sure:
        book = books[found.measure.name]
        inside = book.within(found.part)
        rows = np.zeros(len(seen), dtype=bool)
        rows[book.cases.incident[inside]] = True
        _place(seen, Candidate(found, rate, inside, rows), kept, book)
    return kept


def _place(seen: Seen, one: Candidate, kept: list[Candidate], book: Book) -> None:
    """Among the kept ones, or below the one of its kind that explains it."""
    related = {one.found.measure.kind, *one.found.measure.follows}
    kin = [each for each in kept if each.found.measure.kind in related]
    for each in kin:
        if each.found.part == one.found.part:
            each.same_part += _felt(seen, one, book)
            return
    overlapping = [(int((each.rows & one.rows).sum()), each) for each in kin]
    overlapping = [(common, each) for common, each in overlapping if common]
    if overlapping and _explained(seen, one, [each for _, each in overlapping], book):
        max(overlapping, key=lambda pair: pair[0])[1].explains.append(one)
    else:
        kept += _felt(seen, one, book)


def _explained(seen: Seen, one: Candidate, kin: Sequence[Candidate], book: Book) -> bool:
    """Whether what is left without the incidents of surer findings would be none."""
    taken = np.logical_or.reduce([each.rows for each in kin])
    if one.found.against != OTHERS and (taken & one.rows).sum() >= THE_SAME * one.rows.sum():
        return True
    left = ~taken[book.cases.incident]
    if int((left & one.inside).sum()) < FEWEST_CASES:
        return True
    if one.found.against == EARLIER and not one.found.measure.counts:
        return not _still_worse(one.found, book.cases.where(left & one.inside))
    if one.found.against != OTHERS:
        return False
    again = tally_of(seen, book.cases.where(left), {one.found.part: one.inside[left], EVERYTHING: np.ones(int(left.sum()), dtype=bool)})
    mine, whole = (again.rows([place]) for place in (0, 1))
    return all(each.chance > LEFT_OVER for each in compared(one.found.measure, OTHERS, mine, whole.less(mine)))


def _still_worse(found: Comparison, left: Cases) -> bool:
    """Whether what is left of a part is by enough worse than its past; the past has no incidents that could be left out of it."""
    other = found.other or 0.0
    if left.bad is not None:
        share = float(left.bad.mean())
        enough = share >= RATIO * other or (found.measure.points and share - other >= POINTS)
        return enough and binomial_tail(int(left.bad.sum()), len(left), other) <= LEFT_OVER
    if left.seconds is None or left.ended is None:
        return True
    median = curve(left.seconds, left.ended).within(0.5)
    return median is None or median >= FELT_RATIO * other


def _felt(seen: Seen, one: Candidate, book: Book) -> list[Candidate]:
    """It, with exact medians in place of those by classes; nothing when nobody would feel the difference."""
    found, cases = one.found, book.cases
    if cases.seconds is None or cases.ended is None:
        return [one]
    if found.against == OTHERS:
        medians = _medians(cases.seconds, cases.ended, seen.grade[cases.incident], one.inside)
        found = one.found = replace(found, value=medians[0], other=medians[1])
        one.waited = _waited(cases.seconds, seen.grade[cases.incident], one.inside)
        if found.measure.all_ended:
            one.longer = hodges_lehmann(cases.seconds[one.inside], cases.seconds[~one.inside])
    else:
        one.waited = found.cases * max(0.0, (found.value or 0.0) - (found.other or 0.0))
    if found.other is None:
        return []
    felt = found.value is None or (found.value >= FELT_RATIO * found.other and found.value - found.other >= FELT_SECONDS)
    return [one] if felt else []


def _medians(seconds: Numbers, ended: Truth, grade: Whole, inside: Truth) -> tuple[float | None, float | None]:
    """The part's median, and that of the others if they had the part's mix of grades; after Kaplan and Meier."""
    others: list[tuple[float, Curve]] = []
    for each in np.unique(grade[inside]):
        rest = (grade == each) & ~inside
        if rest.any():
            others.append((float(((grade == each) & inside).sum()), curve(seconds[rest], ended[rest])))
    return curve(seconds[inside], ended[inside]).within(0.5), _mixed_median(others)


def _waited(seconds: Numbers, grade: Whole, inside: Truth) -> float:
    """Seconds waited in the part beyond the mean of the others of the same grade, each wait as long as it is known."""
    waited = 0.0
    for each in np.unique(grade[inside]):
        mine, rest = (grade == each) & inside, (grade == each) & ~inside
        if rest.any():
            waited += float(seconds[mine].sum() - mine.sum() * seconds[rest].mean())
    return max(0.0, waited)


def _mixed_median(curves: Sequence[tuple[float, Curve]]) -> float | None:
    if not curves:
        return None
    times = np.unique(np.concatenate([one.seconds for _, one in curves]))
    total = sum(weight for weight, _ in curves)
    waiting = np.zeros(len(times))
    for weight, one in curves:
        steps = np.concatenate(([1.0], one.waiting))
        waiting += weight / total * steps[np.searchsorted(one.seconds, times, side="right")]
    reached = np.flatnonzero(waiting <= 0.5 + 1e-12)
    return float(times[reached[0]]) if len(reached) else None
