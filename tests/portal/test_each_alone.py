"""Passes in which what fails for one stops no other."""

import pytest

from portal.foundation.each_alone import Unfinished, each_alone
from portal.foundation.errors import InvalidInput


def test_the_others_have_their_turn_and_the_pass_says_what_failed(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    def divide() -> None:
        with each_alone("Dividing") as alone:
            for number in (2, 0, 4, 0):
                with alone(f"by {number}"):
                    done.append(8 // number)

    with pytest.raises(Unfinished) as told:
        divide()
    assert done == [4, 2]
    assert told.value.message == (
        "Dividing: by 0 failed (ZeroDivisionError). 1 more failed, too. Everything else was done; the next pass tries again."
    )
    assert [record.getMessage() for record in caplog.records] == ["Dividing: by 0 failed; the others go on."] * 2
    assert all(record.exc_info for record in caplog.records)


def test_where_nothing_fails_nothing_is_said() -> None:
    with each_alone("Counting") as alone, alone("one"):
        pass


def test_words_for_people_are_handed_on_and_a_pass_within_another_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with (
        pytest.raises(Unfinished, match=r"Outer: inner failed \(Inner: it failed \(Choose another\)\. .*again\)\."),
        each_alone("Outer") as alone,
        alone("inner"),
        each_alone("Inner") as within,
        within("it"),
    ):
        raise InvalidInput("Choose another.")
    assert len(caplog.records) == 1


def test_whoever_stops_the_process_is_obeyed() -> None:
    with pytest.raises(KeyboardInterrupt), each_alone("Waiting") as alone, alone("for ever"):
        raise KeyboardInterrupt
