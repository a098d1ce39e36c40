"""Days on which much happens at once count for less."""

import numpy as np
import pytest

from reports.patterns.clusters import design_effects


def test_days_that_bring_ten_of_a_kind_count_as_one_case_each() -> None:
    day = np.repeat(np.arange(30), 10)
    score = np.repeat(np.random.default_rng(1).integers(0, 2, 30), 10).astype(float)
    effect, busy = design_effects(np.zeros(300, dtype=np.int64), 1, day, 91, score)
    assert (float(effect[0]), int(busy[0])) == (pytest.approx(10 * 30 / 29), 30)


def test_independent_cases_count_whole() -> None:
    dice = np.random.default_rng(2)
    effects = [
        float(design_effects(np.zeros(400, dtype=np.int64), 1, dice.integers(0, 91, 400), 91, dice.random(400))[0][0]) for _ in range(50)
    ]
    assert 1.0 <= np.mean(effects) < 1.15
    assert min(effects) == 1.0, "fewer than independent ones sharpen nothing"


def test_each_part_has_the_effect_it_has_alone() -> None:
    dice = np.random.default_rng(3)
    part, day, score = dice.integers(0, 3, 200), dice.integers(0, 20, 200), dice.random(200)
    together, busy = design_effects(part, 3, day, 91, score)
    for each in range(3):
        mine = part == each
        rest = score[mine] - score[mine].mean()
        sums = [rest[day[mine] == one].sum() for one in set(day[mine].tolist())]
        raw = sum(one**2 for one in sums) / (rest**2).sum() * len(sums) / (len(sums) - 1)
        assert (together[each], busy[each]) == (pytest.approx(max(1.0, raw)), len(sums))


def test_a_part_that_never_differs_has_no_effect() -> None:
    assert design_effects(np.zeros(5, dtype=np.int64), 1, np.arange(5), 10, np.ones(5))[0].tolist() == [1.0]
