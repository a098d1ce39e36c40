"""Which entries went with leave: pruned by age or erased on demand."""

from bisect import bisect_right
from dataclasses import dataclass

from audit.retention.models import RemovalRange


@dataclass(frozen=True, slots=True)
class Gone:
    """Ranges of indexes, sorted, both ends included."""

    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls) -> "Gone":
        done = RemovalRange.objects.filter(done_at__isnull=False).order_by("first", "last").values_list("first", "last")
        merged: list[tuple[int, int]] = []
        for first, last in done.iterator():
            if merged and first <= merged[-1][1] + 1:
                before, until = merged.pop()
                first, last = before, max(last, until)
            merged.append((first, last))
        return cls(tuple(merged))

    def explains(self, index: int) -> bool:
        place = bisect_right(self.ranges, (index, float("inf"))) - 1
        return place >= 0 and self.ranges[place][0] <= index <= self.ranges[place][1]
