"""Who changes something over the web waits in a row, and not for ever."""

import threading
import time

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from portal.foundation import turns
from portal.foundation.turns import Row, TurnsMiddleware


def wait_until_waiting(row: Row, how_many: int) -> None:
    while len(row._waiting) < how_many:
        time.sleep(0.001)


def test_who_came_first_goes_first_and_nobody_goes_beside_another() -> None:
    row, order, inside = Row(), [], []

    def change(number: int) -> None:
        with row.turn(10):
            inside.append(number)
            assert len(inside) == 1
            order.append(number)
            inside.remove(number)

    with row.turn(10):
        threads = []
        for number in range(6):
            threads.append(threading.Thread(target=change, args=(number,)))
            threads[-1].start()
            wait_until_waiting(row, number + 1)
    for thread in threads:
        thread.join()
    assert order == list(range(6))
    with row.turn(0):
        assert row._taken
    assert not row._taken


def test_who_has_waited_long_enough_goes_past_and_the_row_goes_on() -> None:
    row, past = Row(), threading.Event()

    def impatient() -> None:
        with row.turn(0.01):
            past.set()

    with row.turn(10):
        waiting = threading.Thread(target=impatient)
        waiting.start()
        assert past.wait(10)
        waiting.join()
        assert row._taken
    assert not row._taken


def test_an_error_ends_a_turn() -> None:
    row = Row()
    with pytest.raises(ZeroDivisionError), row.turn(0):
        raise ZeroDivisionError
    assert not row._taken


@pytest.mark.parametrize(
    ("method", "vendor", "stands"), [("GET", "sqlite", False), ("POST", "sqlite", True), ("POST", "postgresql", False)]
)
def test_only_changes_on_a_database_with_one_writer_stand_in_the_row(
    monkeypatch: pytest.MonkeyPatch, method: str, vendor: str, stands: bool
) -> None:
    stood = []

    def view(request: HttpRequest) -> HttpResponse:
        stood.append(turns.row._taken)
        return HttpResponse()

    monkeypatch.setattr(turns.connection, "vendor", vendor)
    TurnsMiddleware(view)(RequestFactory().generic(method, "/"))
    assert stood == [stands]
    assert not turns.row._taken
