"""What somebody can work out who has every number that is told: sums of whole numbers, solved by trying what is left.

It knows nothing of the rules by which numbers are kept back, so that it can fail them.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

Name = Hashable
Limits = dict[Name, tuple[int, int]]
MOST = 1_000


@dataclass
class Known:
    """Unknown whole numbers within limits, and sums of them that lie between two numbers."""

    limits: Limits = field(default_factory=dict)
    sums: list[tuple[dict[Name, int], int, int]] = field(default_factory=list)

    def number(self, name: Name, low: int = 0, high: int = MOST) -> None:
        """Told twice, both hold."""
        before = self.limits.get(name, (0, MOST))
        self.limits[name] = (max(low, before[0]), min(high, before[1]))

    def is_sum(self, names: Iterable[Name], total: int) -> None:
        self.between(dict.fromkeys(names, 1), total, total)

    def between(self, times: Mapping[Name, int], low: int, high: int = MOST) -> None:
        for name in times:
            self.number(name)
        self.sums.append(({name: count for name, count in times.items() if count}, low, high))

    def about(self, name: Name) -> "Known":
        """Only what has anything to do with `name`."""
        near = {name}
        while True:
            sums = [each for each in self.sums if near & each[0].keys()]
            grown = near.union(*(each[0].keys() for each in sums))
            if grown == near:
                return Known({each: self.limits[each] for each in near}, sums)
            near = grown

    def could_be(self, name: Name) -> tuple[int, int]:
        """The least and the most that `name` can be. Raises AssertionError where nothing fits, as then a told number is wrong."""
        part = self.about(name)
        limits = part._narrowed(part.limits)
        assert limits is not None, "what is told contradicts itself"
        assert part._fits(limits), "what is told contradicts itself"
        # A number that is known stands in no sum any more.
        low, high = limits[name]
        return part._least(name, low, high), -part._least(name, low, high, times=-1)

    def _least(self, name: Name, low: int, high: int, times: int = 1) -> int:
        """The end of what fits, by halving: with `times` -1 the other one, negated."""
        first, last = (low, high) if times == 1 else (-high, -low)
        while first < last:
            middle = (first + last) // 2
            tried = (low, middle) if times == 1 else (-middle, high)
            first, last = (first, middle) if self._fits({**self.limits, name: tried}) else (middle + 1, last)
        return first

    def _fits(self, limits: Limits) -> bool:
        narrowed = self._narrowed(limits)
        if narrowed is None:
            return False
        open_ones = [name for name, (low, high) in narrowed.items() if low < high]
        if not open_ones:
            return True
        name = min(open_ones, key=lambda each: narrowed[each][1] - narrowed[each][0])
        low, high = narrowed[name]
        return self._fits({**narrowed, name: (low, low)}) or self._fits({**narrowed, name: (low + 1, high)})

    def _narrowed(self, limits: Limits) -> Limits | None:
        """Each number within what the sums leave it; None where one of them cannot be."""
        found = dict(limits)
        changed = True
        while changed:
            changed = False
            for times, low, high in self.sums:
                ends = {name: sorted(each * count for each in found[name]) for name, count in times.items()}
                least, most = sum(each[0] for each in ends.values()), sum(each[1] for each in ends.values())
                if least > high or most < low:
                    return None
                for name, count in times.items():
                    mine = ends[name]
                    first, last = max(mine[0], low - (most - mine[1])), min(mine[1], high - (least - mine[0]))
                    now = (-(-first // count), last // count) if count > 0 else (-(-last // count), first // count)
                    if now[0] > now[1]:
                        return None
                    if now != found[name]:
                        found[name], changed = now, True
                        ends[name] = sorted(each * count for each in now)
                        least, most = sum(each[0] for each in ends.values()), sum(each[1] for each in ends.values())
        return found
