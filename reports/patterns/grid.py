"""Counts by part, grade and class of time, of which nearly all are 0: only the others are kept. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of whole numbers with an axis of parts and others, `shape`. Those of part n that are not 0 stand from `starts[n]` on.

    A quarter's parts have some thousand grades and classes of time each and a few hundred cases, so it takes a tenth of the table's memory.
    """

    shape: tuple[int, ...]
    starts: Whole
    cells: NDArray[np.int32]
    counts: NDArray[np.int32]

    @classmethod
    def of(cls, table: Whole) -> Self:
        flat = table.reshape(-1)
        filled = np.flatnonzero(flat)
        each = flat.size // len(table) if len(table) else 1
        starts = np.searchsorted(filled, np.arange(len(table) + 1) * each)
        return cls(table.shape[1:], starts, (filled % each).astype(np.int32), flat[filled].astype(np.int32))

    @classmethod
    def below_each_other(cls, grids: Sequence["Grid"]) -> Self:
        """The parts of all; there is at least one."""
        ends = np.cumsum([0, *(len(grid.cells) for grid in grids)])
        starts = [grid.starts[:-1] + before for grid, before in zip(grids, ends.tolist(), strict=False)]
        cells, counts = (np.concatenate([getattr(grid, name) for grid in grids]) for name in ("cells", "counts"))
        return cls(grids[0].shape, np.concatenate([*starts, ends[-1:]]), cells, counts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def rows(self, places: Whole) -> Whole:
        """The table of the parts at `places`, which may be repeated."""
        table = np.zeros((len(places), int(np.prod(self.shape))), dtype=np.int64)
        for row, place in zip(table, places.tolist(), strict=True):
            mine = slice(self.starts[place], self.starts[place + 1])
            row[self.cells[mine]] = self.counts[mine]
        return table.reshape(len(places), *self.shape)
