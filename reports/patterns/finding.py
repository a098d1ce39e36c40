"""The patterns of a quarter: counted, compared, judged together, ranked by the harm. Pure."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

import numpy as np

from .candidates import Book, Candidate, candidates
from .comparing import Comparison, against_others
from .frequency import OPENED, more_often, numbers_of
from .measures import MEASURES, Measure
from .past import against_earlier
from .pattern import Confidence, Effect, Pattern
from .returning import RETURNED, returning
from .seen import Seen
from .tallies import Tallies, tally
from .wording import also_of, headline_of, sentence_of, sure_in_words

# So many incidents behind a finding are named, the worst first; the rest are counted.
MOST_NAMED = 100
ALL: tuple[Measure, ...] = (*MEASURES, *RETURNED.values())
EVERY: tuple[Measure, ...] = (*ALL, OPENED)
# A quarter as other quarters need it: each measure's tally, by the measure's name.
Past = Mapping[str, Tallies]


def found_among(quarter: Seen, earlier: Sequence[Past] = ()) -> tuple[Pattern, ...]:
    """What stands out in a quarter, the most harm first. `earlier` are the quarters before without gaps, the oldest first."""
    if not len(quarter):
        return ()
    books: dict[str, Book] = {}
    compared: list[Comparison] = []
    for measure in ALL:
        cases = measure.of(quarter)
        if not len(cases):
            continue
        book = books[measure.name] = Book.of(quarter, cases)
        counted = tally(quarter, book.cases, book.names)
        if measure.with_others:
            compared += against_others(measure, counted)
        compared += against_earlier(measure, counted, [past[measure.name] for past in earlier if measure.name in past])
    compared += returning(quarter)
    books[OPENED.name] = Book.of(quarter, OPENED.of(quarter))
    compared += more_often(numbers_of(quarter), [past[OPENED.name] for past in earlier if OPENED.name in past])
    ranked = sorted(candidates(quarter, compared, books), key=lambda one: (-one.minutes, key_of(one)))
    return tuple(_pattern(quarter, one, books, place) for place, one in enumerate(ranked, start=1))


def past_among(quarter: Seen) -> Past:
    """What later quarters are held against: a few thousand numbers, however many incidents."""
    found = {OPENED.name: numbers_of(quarter)}
    for measure in ALL:
        if measure.of_the_past:
            book = Book.of(quarter, measure.of(quarter))
            found[measure.name] = tally(quarter, book.cases, book.names, by_days=False)
    return found


def key_of(one: Candidate) -> str:
    """The same for the same kind of thing in the same part, whatever the quarter and whichever measure shows it best."""
    dimension, name = one.found.part
    return f"{one.found.measure.kind.name.lower()}.{dimension.replace(' ', '_')}.{sha256(name.encode()).hexdigest()[:12]}"


def _pattern(quarter: Seen, one: Candidate, books: Mapping[str, Book], rank: int) -> Pattern:
    found = one.found
    numbers, of = _incidents(quarter, one, books[found.measure.name])
    return Pattern(
        key=key_of(one),
        kind=found.measure.kind.value,
        measure=found.measure.name,
        dimension=found.part[0],
        part=found.part[1],
        against=found.against,
        headline=headline_of(one),
        sentence=sentence_of(one),
        effect=_effect(one),
        confidence=Confidence(found.chance, one.rate, sure_in_words(one.rate)),
        cases=found.cases,
        incidents=numbers,
        of_incidents=of,
        minutes=one.minutes,
        rank=rank,
        also=also_of(one),
    )


def _effect(one: Candidate) -> Effect:
    if one.longer is not None:
        return Effect("seconds longer", *one.longer)
    if one.found.measure.counts:
        return Effect("times as many", one.found.effect, one.found.low, one.found.high)
    return Effect("difference of shares" if one.found.measure.minutes else "pace", one.found.effect, one.found.low, one.found.high)


def _incidents(quarter: Seen, one: Candidate, book: Book) -> tuple[tuple[str, ...], int]:
    """The numbers of the incidents behind it: the bad cases in the order of time, or those longer than the others' median, longest first."""
    cases = book.cases.where(one.inside)
    if cases.bad is not None:
        rows = cases.incident[cases.bad]
    else:
        seconds = cases.seconds if cases.seconds is not None else np.zeros(len(cases))
        longest = np.argsort(-seconds, kind="stable")
        rows = cases.incident[longest[seconds[longest] > (one.found.other or 0.0)]]
    once = list(dict.fromkeys(rows.tolist()))
    return tuple(str(quarter.numbers[row]) for row in once[:MOST_NAMED]), len(once)
