"""Reading once for one report."""

import pytest

from reports.metrics.one_report import once, one_report


def counting() -> tuple[list[int], object]:
    asked: list[int] = []

    @once
    def read(number: int, *, more: int = 0) -> list[int]:
        asked.append(number)
        return [number, more]

    return asked, read


def test_within_a_report_the_same_is_read_once_and_other_things_apart() -> None:
    asked, read = counting()
    with one_report():
        assert read(1) is read(1)  # type: ignore[operator]
        assert read(1, more=2) == [1, 2]  # type: ignore[operator]
        assert read(2) == [2, 0]  # type: ignore[operator]
    assert asked == [1, 1, 2]


def test_outside_of_a_report_and_in_the_next_one_it_is_read_anew() -> None:
    asked, read = counting()
    read(1), read(1)  # type: ignore[operator]
    for _ in range(2):
        with one_report():
            read(1)  # type: ignore[operator]
    assert asked == [1, 1, 1, 1]


def test_what_cannot_be_read_is_asked_for_again() -> None:
    tries = []

    @once
    def read() -> None:
        tries.append(1)
        raise ConnectionError

    with one_report():
        for _ in range(2):
            with pytest.raises(ConnectionError):
                read()
    assert len(tries) == 2
