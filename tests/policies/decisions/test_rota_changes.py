"""What another plan or an absence would change."""

from dataclasses import replace
from datetime import timedelta

from policies.decisions.rota import Absence, Change, changes, left_open, touched

from .test_rota import ANA, LINE, SOFIA, TOM, at, rota


def test_the_same_schedule_changes_nothing() -> None:
    assert changes(rota(), rota(), at(2), at(30)) == []


def test_a_changed_turn_is_one_change_with_both_people() -> None:
    after = rota(replace(LINE, people=(ANA, SOFIA)))
    found = changes(rota(), after, at(2), at(16, 9))
    assert found == [Change(at(9, 9), at(16, 9), TOM, SOFIA)]
    assert touched(found) == (TOM, SOFIA)


def test_changes_that_touch_and_mean_the_same_are_one() -> None:
    after = rota(replace(LINE, every=2, people=(SOFIA,)))
    assert changes(rota(replace(LINE, people=(ANA,))), after, at(2, 9), at(20)) == [
        Change(at(2, 9), at(20), ANA, SOFIA),
    ]


def test_a_later_start_leaves_what_is_before_it_open() -> None:
    after = rota(replace(LINE, starts_on=LINE.starts_on + timedelta(days=14)))
    assert changes(rota(), after, at(2, 9), at(16, 9)) == [Change(at(2, 9), at(9, 9), ANA, None), Change(at(9, 9), at(16, 9), TOM, None)]


def test_an_absence_leaves_open_what_nobody_takes_over() -> None:
    away = Absence(TOM.person_id, at(7), at(12))
    assert left_open(rota(), away) == [Change(at(9, 9), at(12), TOM, None)]
    backed = rota(replace(LINE, name="Second line", people=(SOFIA,)), LINE)
    assert left_open(backed, away) == []
    assert left_open(rota(absences=(away,)), away) == []
