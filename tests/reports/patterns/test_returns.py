"""What comes back, and what would by mere number, held against every pair and every draw."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.patterns.returns import came_back, chance_to_come_back

rows_ = st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 30), st.integers(0, 6)), max_size=12)


@given(rows_)
def test_came_back_is_what_every_pair_says(rows: list[tuple[int, int, int]]) -> None:
    rows = sorted(rows, key=lambda row: row[1])
    part, opened, lasted = (np.array([row[place] for row in rows], dtype=np.int64) for place in range(3))
    naive = [p >= 0 and any(p == q and 1 < at - (o + took) <= 7 for q, at, _ in rows) for p, o, took in rows]
    assert came_back(part, opened, opened + lasted, 1, 7).tolist() == naive


@given(st.lists(st.integers(0, 20), min_size=2, max_size=7), st.integers(0, 5), st.data())
@settings(max_examples=60, deadline=None)
def test_the_chance_is_that_of_every_draw(opened: list[int], took: int, data: st.DataObject) -> None:
    opened.sort()
    size = data.draw(st.integers(1, len(opened)))
    mine = data.draw(st.integers(0, len(opened) - 1))
    others = [at for place, at in enumerate(opened) if place != mine]
    draws = list(combinations(others, size - 1))
    naive = sum(any(1 < at - (opened[mine] + took) <= 7 for at in some) for some in draws) / len(draws)
    found = chance_to_come_back(size, np.array(opened), np.array([opened[mine] + took]), 1, 7)
    assert float(found[0]) == pytest.approx(naive, abs=1e-9)
