"""Which sums of groups can be told so that no other one comes out by subtraction. Pure.

Whoever reads a table is taken to know its totals as well, as other chapters of a report count the same things, and their own part of a sum.
So groups share nobody, what is left over is nobody or enough, and a number that is kept back is never alone in its column: with all that is told,
it still could be any of five, for whoever had the most in a group, too.
"""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass

from .definitions import FEWEST

# A sum to which fewer people than these contributed is about them, however large it is.
FEWEST_BEHIND = 3


@dataclass(frozen=True, slots=True)
class Groups:
    """People by the team in which they count, and those who count in none that is told."""

    told: Mapping[str, frozenset[int]]
    others: frozenset[int]

    @property
    def in_order(self) -> list[frozenset[int]]:
        """By name, the others last, where there are some."""
        return [*(self.told[name] for name in sorted(self.told)), *((self.others,) if self.others else ())]


def disjoint(teams: Mapping[str, Set[int]], counted: Set[int]) -> Groups:
    """Each of `counted` in one group: in the smallest of their teams that has enough of them, by name among those of one size.

    What is left over joins the smallest team that was to be told, until it is enough people; where even that is too few, nobody is told.
    """
    told: dict[str, frozenset[int]] = {}
    left = set(counted)
    for name in sorted(teams, key=lambda each: (len(teams[each]), each)):
        mine = frozenset(teams[name] & left)
        if len(mine) >= FEWEST:
            told[name] = mine
            left -= mine
    while 0 < len(left) < FEWEST and told:
        left |= told.pop(min(told, key=lambda each: (len(told[each]), each)))
    return Groups(told, frozenset(left)) if len(left) >= FEWEST or not left else Groups({}, frozenset())


def kept_back(
    values: Sequence[int], risky: Collection[int], most: Sequence[int | None], own: Sequence[int] | None = None
) -> tuple[frozenset[int], bool]:
    """The places of `values` that are not told, those at `risky` among them; and whether their total may be told.

    `most` is what each is known to be at most, None where nothing is known; `own` the largest part of each that one person has, who knows it. The
    smallest of the others follows until nothing comes out; when that helps nothing, no value is told, and no total.
    """
    hidden = set(risky)
    while hidden and not all(_hides(values, hidden, most, who, own or ()) for who in (None, *hidden)):
        shown = [place for place in range(len(values)) if place not in hidden and values[place]]
        if not shown:
            return frozenset(range(len(values))), False
        hidden.add(min(shown, key=lambda place: (values[place], place)))
    return frozenset(hidden), not 0 < sum(values) < FEWEST


def _hides(values: Sequence[int], hidden: Set[int], most: Sequence[int | None], who: int | None, own: Sequence[int]) -> bool:
    """Whether each hidden value could be one of FEWEST numbers at least, for whoever knows all others, the total and what each is at most; and at
    the place `who`, what is theirs of it."""
    together = sum(values[place] for place in hidden)
    highest = {place: together if (known := most[place]) is None else min(known, together) for place in hidden}
    lowest = {place: max(min(values[place], 1), own[place] if own and place == who else 0) for place in hidden}
    for place in hidden:
        others_most = sum(highest.values()) - highest[place]
        others_least = sum(lowest.values()) - lowest[place]
        low, high = max(lowest[place], together - others_most), min(highest[place], together - others_least)
        if high - low + 1 < FEWEST:
            return False
    return True
