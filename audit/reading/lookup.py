"""Events by the index: which numbers answer a question, in their order, and how many there are. Some queries, however long the trail."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from .bitmaps import BLOCK, below, block_of, place_of, places_down, unpacked
from .terms import ALL, Group, Question

# Blocks whose events are read at once: first few, for they mostly do; then more.
PORTIONS = (24, 128)
# A page.
ENOUGH = 50
# Up to so many it costs little to count them one by one.
COUNTED_EXACTLY = 2_000
SEVERAL = 3
COUNTS = "SELECT block, term, count FROM audit_trailposting WHERE term IN ({})"
SETS = {
    "sqlite": (
        "SELECT p.block, p.term, p.events FROM json_each(%s) w CROSS JOIN audit_trailposting p "
        "ON p.term = json_extract(w.value, '$[0]') AND p.block = json_extract(w.value, '$[1]')"
    ),
    "postgresql": (
        "SELECT p.block, p.term, p.events FROM unnest(%s::bigint[], %s::bigint[]) AS w (term, block) "
        "JOIN audit_trailposting p ON p.term = w.term AND p.block = w.block"
    ),
}
# Every event of a block, and those beyond it that no set has.
ANY = -1
EVERY = (frozenset({ALL}),)
# More groups than any question has.
WHOLE = 1_000


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are; `is_exact` unless they were estimated or, where it `is_least`, not all were counted."""

    number: int
    is_exact: bool = True
    is_least: bool = False


class Lookup:
    """One question, asked of the index as it is now: of each block its counts say how many answer at most, before any set is read.

    `among`: by block, the only events that are meant.
    """

    def __init__(self, question: Question, among: Mapping[int, int] | None = None) -> None:
        self.question = question
        self.among = among
        self.counts, self.sizes = _counted(question)
        bounds = {block: min(self._sizes(block)) for block in self.counts}
        self.bounds = {block: most for block, most in bounds.items() if most}
        # Of blocks that were looked at: how many it really were.
        self.found: dict[int, int] = {}

    def events(self, *, before: int | None = None, after: int | None = None, gently: bool = False) -> Iterator[int]:
        """Numbers of events below `before`, the newest first; or above `after`, the oldest first. `gently`: never much at once, for long walks."""
        upward = after is not None
        blocks = sorted((block for block in self.bounds if _reaches(block, before, after)), reverse=not upward)
        at, portion = 0, PORTIONS[0]
        while at < len(blocks):
            some = blocks[at : at + portion]
            for block, held in self._sets(some):
                yield from _numbers(block, _cut(block, held, before, after), upward)
            at += len(some)
            if not gently:
                portion = self._next_portion(some, len(blocks) - at)

    def count(self) -> Count:
        """Exact where few are meant or every block was looked at; else estimated by what the blocks that were looked at had."""
        rest = [block for block in self.bounds if block not in self.found]
        if sum(self.bounds[block] for block in rest) <= COUNTED_EXACTLY:
            for _ in self._sets(rest):
                pass
            rest = []
        known = sum(self.found.values())
        if not rest:
            return Count(known)
        looked_at = sum(self.bounds[block] for block in self.found)
        share = known / looked_at if looked_at else 1.0
        plain = len(self.question.groups) == 1 and not self.question.never
        return Count(known + round(share * sum(self.bounds[block] for block in rest)), plain)

    def _next_portion(self, some: Sequence[int], left: int) -> int:
        """All that is left, unless some more blocks like these are likely to fill a page."""
        likely = sum(self.found[block] for block in some) * PORTIONS[1] // len(some)
        return PORTIONS[1] if len(some) <= PORTIONS[0] and likely >= ENOUGH else left

    def _sizes(self, block: int) -> list[int]:
        """How many of each group are there; of what is meant at all, too."""
        return self.sizes[block] if self.among is None else [self.among.get(block, 0).bit_count(), *self.sizes[block]]

    def _sets(self, blocks: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The events of each block that answer the question. One query, and of many blocks one more where the smallest sets have something in common."""
        first: dict[int, Question] = {}
        then: dict[int, Question] = {}
        for block in blocks:
            groups, at_once = self._asked(block)
            if at_once < len(groups) + bool(self.question.never) and len(blocks) > PORTIONS[0]:
                first[block] = Question(groups[:at_once], frozenset())
                then[block] = Question(groups[at_once:], self.question.never)
            else:
                first[block] = Question(groups, self.question.never)
        held = self._read(first)
        left = {block: _answered(first[block], held[block], self._meant(block)) for block in then}
        rest = self._read({block: then[block] for block, found in left.items() if found})
        for block in blocks:
            if block in then:
                found = _answered(then[block], rest[block], left[block]) if left[block] else 0
            else:
                found = _answered(first[block], held[block], self._meant(block))
            self.found[block] = found.bit_count()
            yield block, found

    def _asked(self, block: int) -> tuple[tuple[Group, ...], int]:
        """The groups by which it is told, the smallest first; and how many to read before the others, which are seldom needed then: large sets cost most."""
        every = self.counts[block].get(ALL)
        # What every event of a block answers need not be asked: a long time's blocks lie within it, all but two.
        sized = sorted((size, at) for at, size in enumerate(self.sizes[block]) if size != every)
        groups = tuple(self.question.groups[at] for _, at in sized) or EVERY
        if self.among is not None:
            doubtful = bool(sized) and sized[0][0] * self.among[block].bit_count() < BLOCK
            return groups, 1 if doubtful else WHOLE
        doubtful = len(sized) > 1 and sized[0][0] * sized[1][0] < BLOCK
        return groups, 2 if doubtful else WHOLE

    def _meant(self, block: int) -> int:
        return ANY if self.among is None else self.among[block]

    def _read(self, parts: Mapping[int, Question]) -> dict[int, dict[int, bytes]]:
        return _events([(term, block) for block, part in parts.items() for term in part.terms & self.counts[block].keys()])


def _counted(question: Question) -> tuple[dict[int, dict[int, int]], dict[int, list[int]]]:
    """By block: how many there are under each term, and of each group. One query."""
    counts: dict[int, dict[int, int]] = {}
    sizes: dict[int, list[int]] = {}
    # How many there are at all is worth knowing where sets of several groups can be left unread.
    terms = question.terms | {ALL} if len(question.groups) >= SEVERAL else question.terms
    groups = {term: [at for at, group in enumerate(question.groups) if term in group] for term in terms}
    for block, term, count in _rows(COUNTS.format(", ".join(["%s"] * len(terms))), list(terms)):
        if block not in counts:
            counts[block], sizes[block] = {}, [0] * len(question.groups)
        counts[block][term] = count
        for at in groups[term]:
            sizes[block][at] += count
    return counts, sizes


def _events(pairs: Sequence[tuple[int, int]]) -> dict[int, dict[int, bytes]]:
    """The sets under these terms in these blocks, by block and term. Named one by one: a planner that chose all of a block would read thousands."""
    held: dict[int, dict[int, bytes]] = defaultdict(dict)
    if pairs:
        # As text: the driver would look at each number of a list.
        given = (
            [json.dumps(pairs)]
            if connection.vendor == "sqlite"
            else [f"{{{','.join(map(str, column))}}}" for column in zip(*pairs, strict=True)]
        )
        for block, term, events in _rows(SETS[connection.vendor], given):
            held[block][term] = bytes(events)
    return held


def _rows(sql: str, given: Sequence[Any]) -> list[Any]:
    """Thousands of rows, past the ORM."""
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return list(cursor.fetchall())


def _answered(question: Question, held: dict[int, bytes], found: int) -> int:
    """Which of the events in `found` answer."""
    for group in sorted(question.groups, key=lambda group: sum(len(held.get(term, b"")) for term in group)):
        found &= _joined(group, held)
        if not found:
            return 0
    return found & ~_joined(question.never, held)


def _joined(group: Group, held: dict[int, bytes]) -> int:
    joined = 0
    for term in group:
        if term in held:
            joined |= unpacked(held[term])
    return joined


def _reaches(block: int, before: int | None, after: int | None) -> bool:
    if after is not None:
        return block >= block_of(after)
    return before is None or block <= block_of(before)


def _cut(block: int, held: int, before: int | None, after: int | None) -> int:
    if before is not None and block == block_of(before):
        held &= below(place_of(before))
    if after is not None and block == block_of(after):
        held &= ~below(place_of(after) + 1)
    return held


def _numbers(block: int, held: int, upward: bool) -> Iterator[int]:
    places = places_down(held)
    for place in reversed(list(places)) if upward else places:
        yield block * BLOCK + place
