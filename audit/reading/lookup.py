"""Events by the index: which numbers answer a question, in their order, and how many there are. Some queries, however long the trail."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection

from .bitmaps import BLOCK, below, block_of, place_of, places_down, unpacked
from .models import TrailPosting
from .terms import ALL, Group, Question

# Blocks whose events are read at once: first few, for they mostly do; then more.
PORTIONS = (24, 128)
# Up to so many it costs little to count them one by one.
COUNTED_EXACTLY = 2_000
SEVERAL = 3
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
Counts = dict[int, dict[int, int]]


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are; `is_exact` unless they were estimated."""

    number: int
    is_exact: bool = True


class Lookup:
    """One question, asked of the index as it is now. `most` of each block are known from the counts, before any set is read."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.counts = _counts(question)
        bounds = {block: _bound(question, held) for block, held in self.counts.items()}
        self.bounds = {block: most for block, most in bounds.items() if most}
        # Of blocks that were looked at: how many it really were.
        self.found: dict[int, int] = {}

    def events(self, *, before: int | None = None, after: int | None = None, portions: Sequence[int] = PORTIONS) -> Iterator[int]:
        """Numbers of events below `before`, the newest first; or above `after`, the oldest first."""
        upward = after is not None
        blocks = sorted((block for block in self.bounds if _reaches(block, before, after)), reverse=not upward)
        at, turn = 0, 0
        while at < len(blocks):
            some = blocks[at : at + self._portion(turn, portions, len(blocks) - at)]
            at, turn = at + len(some), turn + 1
            for block, held in self._sets(some):
                yield from _numbers(block, _cut(block, held, before, after), upward)

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

    def _portion(self, turn: int, portions: Sequence[int], left: int) -> int:
        """After the portions that are told, all that is left; the last portion again and again, where it is to stay small."""
        if turn < len(portions):
            return portions[turn]
        return left if portions is PORTIONS else portions[-1]

    def _sets(self, blocks: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The events of each block that answer the question. One query."""
        needed = {block: self._needed(block) for block in blocks}
        held = _events([(term, block) for block in blocks for term in needed[block].terms & self.counts[block].keys()])
        for block in blocks:
            found = _answered(needed[block], held.get(block, {}))
            self.found[block] = found.bit_count()
            yield block, found

    def _needed(self, block: int) -> Question:
        """The question without the groups that every event of the block answers: a long time's blocks lie within it, all but two."""
        counts = self.counts[block]
        every = counts.get(ALL)
        if every is None:
            return self.question
        groups = tuple(group for group in self.question.groups if sum(counts.get(term, 0) for term in group) < every)
        return Question(groups or (frozenset({ALL}),), self.question.never)


def _counts(question: Question) -> Counts:
    counts: Counts = defaultdict(dict)
    # How many there are at all is worth knowing where sets of several groups can be left unread.
    terms = question.terms | {ALL} if len(question.groups) >= SEVERAL else question.terms
    rows = TrailPosting.objects.filter(term__in=terms).values_list("block", "term", "count")
    for block, term, count in rows:
        counts[block][term] = count
    return counts


def _events(pairs: Sequence[tuple[int, int]]) -> dict[int, dict[int, bytes]]:
    """The sets under these terms in these blocks, by block and term. Named one by one: a planner that chose all of a block would read thousands."""
    held: dict[int, dict[int, bytes]] = defaultdict(dict)
    if pairs:
        given = [json.dumps(pairs)] if connection.vendor == "sqlite" else [list(column) for column in zip(*pairs, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(SETS[connection.vendor], given)
            for block, term, events in cursor.fetchall():
                held[block][term] = bytes(events)
    return held


def _bound(question: Question, counts: dict[int, int]) -> int:
    """At most so many of a block answer: one of a group with nothing there answers nothing."""
    return min(sum(counts.get(term, 0) for term in group) for group in question.groups)


def _answered(question: Question, held: dict[int, bytes]) -> int:
    found = -1
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
