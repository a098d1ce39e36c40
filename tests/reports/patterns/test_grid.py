"""Tables in little memory say what the whole tables say."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from reports.patterns.grid import Grid

TABLES = st.lists(
    arrays(np.int64, st.tuples(st.integers(0, 5), st.just(3), st.just(4)), elements=st.sampled_from([0, 0, 0, 1, 7, 2**30])), min_size=1, max_size=4
)  # fmt: skip


@settings(deadline=None)
@given(TABLES, st.data())
def test_any_rows_of_any_tables_come_back(tables: list[np.ndarray], data: st.DataObject) -> None:
    whole = np.concatenate(tables)
    grid = Grid.below_each_other([Grid.of(table) for table in tables])
    assert len(grid) == len(whole)
    places = data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=12)) if len(whole) else []
    assert np.array_equal(grid.rows(np.array(places, dtype=np.int64)), whole[places].reshape(len(places), 3, 4))


@settings(deadline=None)
@given(arrays(np.int64, array_shapes(min_dims=2, max_dims=3, max_side=6), elements=st.integers(0, 3)))
def test_what_is_kept_is_what_is_not_nothing(table: np.ndarray) -> None:
    grid = Grid.of(table)
    assert len(grid.cells) == np.count_nonzero(table)
    assert int(grid.counts.sum()) == table.sum()
