"""Pusher and monitor as threads of the sentinel: they rest for a fork, and lose neither a job nor a result by it."""

import multiprocessing
from typing import Any

import pytest
from django_q.queues import Queue

from portal.management import job_cluster
from portal.management.job_cluster import LAST, _Helper, _Results, _Sentinel


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_cluster, "_leave_the_database", lambda: None)


def test_results_are_read_to_the_last_after_their_queue_was_closed() -> None:
    queue = Queue()
    results = _Results(queue)
    for result in ("first", "second", LAST):
        queue.put(result)
    queue.close()
    queue.join_thread()
    assert [results.get(), results.get(), results.get()] == ["first", "second", LAST]
    assert queue.qsize() == 0


def test_both_rest_even_when_the_queue_is_full_and_what_was_fetched_is_handed_out_first_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    sentinel: Any = _Sentinel.__new__(_Sentinel)
    sentinel.event_out, sentinel.broker, sentinel._taken_back = multiprocessing.Event(), None, []
    sentinel.task_queue, sentinel.result_queue = Queue(maxsize=1), Queue()
    written: list[str] = []

    def monitors(results: _Results, broker: object) -> None:
        written.extend(iter(results.get, LAST))

    def pushes(queue: Queue, rest: Any, broker: object) -> None:
        for job in ("first", "second", "third"):
            queue.put(job)
        rest.wait()

    monkeypatch.setattr(job_cluster, "monitor", monitors)
    monkeypatch.setattr(job_cluster, "pusher", pushes)
    sentinel.monitor, sentinel.pusher = sentinel.spawn_monitor(), sentinel.spawn_pusher()
    sentinel.result_queue.put("done")
    sentinel._rest_helpers()
    assert [sentinel.monitor.is_alive(), sentinel.pusher.is_alive(), sentinel.event_out.is_set()] == [False, False, False]
    assert written == ["done"]
    monkeypatch.setattr(job_cluster, "pusher", lambda *given: None)
    sentinel.pusher = sentinel.spawn_pusher()
    assert [sentinel.task_queue.get(timeout=10) for _ in range(3)] == ["first", "second", "third"]
    sentinel.pusher.join(10)


def test_a_helper_that_fails_says_so_and_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ConnectionError

    helper = _Helper("pusher", fail)
    helper.join(10)
    assert not helper.is_alive()
    assert "The pusher of the job cluster has failed." in caplog.text
