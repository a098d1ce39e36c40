"""Showing checkpoints around: each place the newest that is due, what fails told once, and everything well again soon after."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.anchors import anchoring, known, services
from audit.anchors.anchor import Anchor, AnchorFailed
from audit.anchors.anchoring import Anchoring
from audit.anchors.configured import parse
from audit.anchors.reaching import reach
from audit.models import AnchorReceipt, LedgerEvent
from audit.sealing.services import seal
from portal.foundation import clock
from portal.foundation.watch.services import look
from portal.models import Outage
from tests.audit.anchors.conftest import Grow
from tests.factories.ledger import write_events

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def elsewhere(tmp_path: Path, settings: Any) -> Anchor:
    """A file on a disk that is mounted."""
    (tmp_path / "disk").mkdir()
    settings.LEDGER_ANCHORS = [f"file://{tmp_path}/disk/checkpoints"]
    return parse(settings.LEDGER_ANCHORS[0])


def told(kind: str) -> int:
    return LedgerEvent.objects.filter(type=kind).count()


def test_only_the_newest_checkpoint_is_shown_and_not_too_often(grow: Grow, elsewhere: Anchor) -> None:
    grow(1)
    newest = grow(2)
    row = services.show_newest(elsewhere, now=newest.at)
    assert row
    assert (row.size, row.kind, row.error) == (newest.size, "file", "")
    assert services.show_newest(elsewhere, now=newest.at + HOUR) is None
    later = grow(1)
    assert services.show_newest(elsewhere, now=newest.at + SECOND) is None
    again = services.show_newest(elsewhere, now=newest.at + 10 * SECOND)
    assert again
    assert (again.size, AnchorReceipt.objects.count()) == (later.size, 2)


def test_nothing_is_shown_before_the_first_checkpoint(db: None, elsewhere: Anchor, now: datetime) -> None:
    assert services.show_newest(elsewhere, now=now) is None


def test_a_time_stamp_is_asked_for_once_an_hour(grow: Grow, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def show(anchor: Anchor, note: str, **given: Any) -> bytes:
        shown.append(note)
        return b"receipt"

    monkeypatch.setitem(services.KINDS, "rfc3161", show)
    authority, first = parse("tsa+https://tsa.example/"), grow(1)
    for minutes in (0, 59, 61):
        grow(1)
        services.show_newest(authority, now=first.at + timedelta(minutes=minutes))
    assert len(shown) == 2


def test_an_anchor_that_fails_is_told_once_and_once_more_when_it_is_well(grow: Grow, elsewhere: Anchor, tmp_path: Path) -> None:
    newest = grow(1)
    at = newest.at
    (tmp_path / "disk").rename(tmp_path / "away")
    for tries in range(3):
        with pytest.raises(AnchorFailed) as raised:
            services.show_newest(elsewhere, now=at + tries * SECOND)
        assert services.failed(elsewhere, raised.value, now=at + tries * SECOND) is (tries == 0)
    assert (told("ledger.anchor_failed"), told("ledger.anchor_restored")) == (1, 0)
    assert "cannot be written" in known.state(elsewhere).error
    (tmp_path / "away").rename(tmp_path / "disk")
    for _ in range(2):
        services.show_newest(elsewhere, now=at + HOUR)
    assert (told("ledger.anchor_failed"), told("ledger.anchor_restored")) == (1, 1)
    assert known.state(elsewhere) == known.State(elsewhere.name, "file", newest.size, at + HOUR)
    assert [bool(row.error) for row in AnchorReceipt.objects.order_by("id")] == [True, False]


def test_the_watch_tells_of_an_anchor_that_fails(grow: Grow, elsewhere: Anchor) -> None:
    at = grow(1).at
    services.show_newest(elsewhere, now=at)
    assert not list(known.troubles(at + SECOND))
    services.failed(elsewhere, AnchorFailed("The disk is not mounted."), now=at)
    [trouble] = known.troubles(at + SECOND)
    assert trouble.words.endswith("The disk is not mounted.")
    for seconds in (10, 20):
        look(by="engine", now=at + seconds * SECOND)
    assert Outage.objects.get(key=f"anchor {elsewhere.name}").told_at == at + 20 * SECOND


def test_the_watch_tells_when_nobody_shows_anything_around(grow: Grow, elsewhere: Anchor) -> None:
    at = grow(1).at
    assert not list(known.troubles(at + SECOND))
    [trouble] = known.troubles(at + HOUR)
    assert "Nobody has shown" in trouble.words
    services.show_newest(elsewhere, now=at + HOUR)
    assert not list(known.troubles(at + 2 * HOUR))


def test_without_anchors_the_watch_asks_the_database_nothing(db: None, now: datetime, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert list(known.troubles(now)) == []


def test_what_is_configured_wrongly_is_told(settings: Any, now: datetime) -> None:
    settings.LEDGER_ANCHORS = ["ftp://else/where"]
    [trouble] = known.troubles(now)
    assert trouble.words.startswith("LEDGER_ANCHORS: Anchor 1: 'ftp' is no kind of anchor.")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchoring, "WAITS_SECONDS", (0.05,))
    monkeypatch.setattr(anchoring, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(known, "OTHERS_EVERY", timedelta())


@pytest.fixture
def threads() -> Iterator[Callable[[], Anchoring]]:
    """Starts the threads; they have ended when the test has."""
    started: list[Anchoring] = []

    def start() -> Anchoring:
        started.append(Anchoring(clock=clock.now))
        started[-1].start()
        return started[-1]

    yield start
    for one in started:
        one.end()
    for thread in threading.enumerate():
        if thread.name.startswith("anchor "):
            thread.join(timeout=60)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("quick")
def test_the_threads_go_on_while_a_disk_is_away_and_catch_up_when_it_is_back(
    elsewhere: Anchor, tmp_path: Path, threads: Callable[[], Anchoring]
) -> None:
    (tmp_path / "disk").rename(tmp_path / "away")
    write_events(3, now=clock.now())
    seal(clock.now())
    beside = threads()
    until(lambda: told("ledger.anchor_failed") == 1)
    (tmp_path / "away").rename(tmp_path / "disk")
    until(lambda: told("ledger.anchor_restored") == 1)
    write_events(3, now=clock.now())
    last = seal(clock.now())
    assert last
    beside.wake()
    until(lambda: known.largest_size() == last.size)
    # A second sealer on this machine leaves it to the first.
    assert not Anchoring(clock=clock.now)._lock.is_mine()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("quick")
def test_an_anchor_that_goes_while_nothing_is_shown_is_told_too(
    elsewhere: Anchor, tmp_path: Path, threads: Callable[[], Anchoring], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anchoring, "REACH_SECONDS", 0.1)
    write_events(1, now=clock.now())
    last = seal(clock.now())
    assert last
    threads()
    until(lambda: known.largest_size() == last.size)
    (tmp_path / "disk").rename(tmp_path / "away")
    until(lambda: told("ledger.anchor_failed") == 1)
    assert "Is its disk mounted" in known.state(elsewhere).error


def test_whether_somebody_is_there_is_asked_without_showing_anything(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for address in (f"tsa+http://127.0.0.1:{port}/", f"syslog+tcp://127.0.0.1:{port}", f"file://{tmp_path}/new"):
            reach(parse(address))
    for address in (f"tsa+http://127.0.0.1:{port}/", f"syslog+tcp://127.0.0.1:{port}", f"file://{tmp_path}/away/new"):
        with pytest.raises(AnchorFailed, match=r"cannot be reached|disk mounted"):
            reach(parse(address))
    reach(parse(f"syslog+udp://127.0.0.1:{port}"))


def test_an_address_that_may_not_be_called_is_not(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_HOSTS = []
    with pytest.raises(AnchorFailed, match="OUTBOUND_ALLOWED_HOSTS"):
        reach(parse("tsa+http://127.0.0.1:1/"))
