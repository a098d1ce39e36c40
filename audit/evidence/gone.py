"""Which entries went with leave: pruned by age or erased on demand."""

from bisect import bisect_right
from dataclasses import dataclass

from audit.retention.models import Removal


@dataclass(frozen=True, slots=True)
class Gone:
    """Ranges of indexes, sorted, both ends included."""

    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def read(cls) -> "Gone":
        rows = Removal.objects.filter(done_at__isnull=False).order_by("first")
        pairs = rows.values_list("first", "last")
        return cls(tuple((first, last) for first, last in pairs if first is not None and last is not None))

    @property
    def any(self) -> bool:
        return bool(self.ranges)

    def explains(self, index: int) -> bool:
        place = bisect_right(self.ranges, (index, float("inf"))) - 1
        return place >= 0 and self.ranges[place][0] <= index <= self.ranges[place][1]
