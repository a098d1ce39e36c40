"""Which entries of a population are looked at: all of them, or some that nobody picks. Pure.

An auditor can draw the same sample again. The entries of the population stand in the order of their places in the ledger. Entries of types that
are always included are taken first and counted no more. Of the others
- 'every n-th' takes, counting from 1, the entry number s + 1 and every n-th after it, where s is the seed, read as a hexadecimal number, modulo n;
- 'so many at random' takes those k whose SHA-256 over the seed's text (ASCII), a colon and the 32 bytes of the entry's leaf hash is smallest.
The seed is SHA-256 over 'log-review', the plan's number, the first instant of what is looked at, and size and root of the checkpoint that was
signed when the review was opened, with line feeds between them. Nobody chooses it, and nobody knows it before that checkpoint.
"""

import hashlib
import heapq
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from portal.foundation.words import counted, listed, number


class Selection(StrEnum):
    """How entries are selected."""

    ALL = "all"
    EVERY = "every"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class Rule:
    """`number` is the n of 'every n-th' or how many at random; `always` names types that are looked at in any case."""

    selection: Selection
    number: int = 0
    always: tuple[str, ...] = ()

    def in_words(self) -> str:
        """'every 10th entry, and all of type access.denied'."""
        if self.selection is Selection.ALL:
            return "every entry"
        some = f"every {ordinal(self.number)} entry" if self.selection is Selection.EVERY else f"{number(self.number)} entries at random"
        return some + (f", and every entry of type {listed(self.always)}" if self.always else "")

    def as_data(self) -> dict[str, object]:
        """As it stands in a manifest."""
        return {"selection": self.selection.value, "number": self.number, "always": list(self.always)}


class Candidate(NamedTuple):
    """An entry that may be drawn: its place in the ledger, the hash of its leaf, its type."""

    place: int
    leaf: bytes
    type: str


@dataclass(slots=True)
class Drawn:
    """Places, eight bytes each, in order; and what the whole population was: how many, and SHA-256 over their leaf hashes by place."""

    always: "array[int]" = field(default_factory=lambda: array("q"))
    sample: "array[int]" = field(default_factory=lambda: array("q"))
    entries: int = 0
    digest: str = ""

    def __len__(self) -> int:
        return len(self.always) + len(self.sample)


def seed_of(plan: int, since: str, size: int, root: str) -> str:
    """64 hexadecimal characters."""
    return hashlib.sha256("\n".join(("log-review", str(plan), since, str(size), root)).encode("ascii")).hexdigest()


def draw(rule: Rule, seed: str, population: Iterable[Candidate]) -> Drawn:
    """Goes once through the population, which comes in order; holds the drawn places and no more."""
    drawn, hashed, counted_so_far = Drawn(), hashlib.sha256(), 0
    start = int(seed, 16) % rule.number if rule.selection is Selection.EVERY else 0
    # The k smallest so far, the largest of them on top.
    smallest: list[tuple[int, int]] = []
    for one in population:
        drawn.entries += 1
        hashed.update(one.leaf)
        if rule.selection is Selection.ALL:
            drawn.sample.append(one.place)
        elif one.type in rule.always:
            drawn.always.append(one.place)
        elif rule.selection is Selection.EVERY:
            if counted_so_far % rule.number == start:
                drawn.sample.append(one.place)
            counted_so_far += 1
        else:
            _keep_smallest(smallest, rule.number, _lot(seed, one.leaf), one.place)
    drawn.sample.extend(sorted(place for _, place in smallest))
    drawn.digest = hashed.hexdigest()
    return drawn


def ordinal(value: int) -> str:
    """'2nd', '10th', '21st'."""
    last = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{number(value)}{last}"


def drawn_in_words(entries: int, drawn: int) -> str:
    """'40 of 400 entries'."""
    return counted(entries, "entry", "entries") if entries == drawn else f"{number(drawn)} of {counted(entries, 'entry', 'entries')}"


def _lot(seed: str, leaf: bytes) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:".encode("ascii") + leaf).digest())


def _keep_smallest(smallest: list[tuple[int, int]], most: int, lot: int, place: int) -> None:
    if len(smallest) < most:
        heapq.heappush(smallest, (-lot, place))
    elif smallest and -smallest[0][0] > lot:
        heapq.heapreplace(smallest, (-lot, place))
