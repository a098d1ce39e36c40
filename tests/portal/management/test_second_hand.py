"""A second process for the moment in which there is more than one can do."""

import errno
import os
from pathlib import Path

import pytest

from portal.management.second_hand import SecondHand

# From Python 3.12 on a fork of a process with threads warns; the test's own process has some, the engine has none.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


def test_it_works_in_a_process_of_its_own(tmp_path: Path) -> None:
    hand = SecondHand(lambda: (tmp_path / "who").write_text(str(os.getpid())))
    hand.lend()
    hand.join()
    assert int((tmp_path / "who").read_text()) != os.getpid()


def test_there_is_one_at_a_time(tmp_path: Path) -> None:
    reader, writer = os.pipe()

    def work() -> None:
        os.read(reader, 1)
        with (tmp_path / "runs").open("a") as file:
            file.write("x")

    hand = SecondHand(work)
    hand.lend()
    hand.lend()
    os.write(writer, b"gg")
    hand.join()
    os.close(reader)
    os.close(writer)
    assert (tmp_path / "runs").read_text() == "x"


def test_one_that_fails_does_not_stop_the_first() -> None:
    hand = SecondHand(lambda: 1 / 0)
    hand.lend()
    hand.join()
    hand.lend()
    hand.join()


def test_where_no_process_can_be_made_the_first_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left() -> int:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", none_left)
    hand = SecondHand(lambda: None)
    hand.lend()
    hand.join()
