"""Pusher and monitor as threads of the sentinel: they rest for a fork, and lose neither a job nor a result by it."""

import multiprocessing
import os
import threading
import time
from typing import Any

import django_q.worker
import pytest
from django.db import connections
from django_q.queues import Queue

from portal.management import job_cluster
from portal.management.job_cluster import LAST, RECYCLED, _Helper, _Jobs, _Results, _Sentinel


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


def test_a_worker_that_has_done_nothing_yet_waits_for_as_long_as_it_takes() -> None:
    queue, timer = Queue(), multiprocessing.Value("f", -1)
    jobs = _Jobs(queue, timer, patience=0.01)
    threading.Timer(0.3, queue.put, ["late"]).start()
    assert [jobs.get(), timer.value] == ["late", -1]


def test_a_worker_takes_a_row_of_jobs_to_its_end_and_is_told_to_go_only_when_there_was_nothing_for_a_while() -> None:
    queue, timer = Queue(), multiprocessing.Value("f", -1)
    jobs = _Jobs(queue, timer, patience=0.5)
    for job in range(20):
        queue.put(job)
    assert [jobs.get() for _ in range(20)] == list(range(20))
    assert timer.value == -1
    assert [jobs.get(), timer.value] == [LAST, RECYCLED]
    queue.put("for the next worker")
    assert [_Jobs(queue, timer, patience=0.5).get(), queue.qsize()] == ["for the next worker", 0]


def test_another_worker_takes_the_place_of_one_that_rested_and_does_the_jobs_that_follow(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(job_cluster, "RESTED_SECONDS", 0.2)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    monkeypatch.setattr(django_q.worker, "close_old_django_connections", lambda: None)
    sentinel: Any = _Sentinel.__new__(_Sentinel)
    sentinel.pool, sentinel.timeout, sentinel.reincarnations, sentinel.broker = [], 30, 0, None
    sentinel.event_out, sentinel._taken_back = multiprocessing.Event(), []
    sentinel.task_queue, sentinel.result_queue = Queue(), Queue()
    done: list[int] = []

    def monitors(results: _Results, broker: object) -> None:
        done.extend(result["result"] for result in iter(results.get, LAST))

    monkeypatch.setattr(job_cluster, "monitor", monitors)
    monkeypatch.setattr(job_cluster, "pusher", lambda queue, rest, broker: rest.wait())
    sentinel.monitor, sentinel.pusher = sentinel.spawn_monitor(), sentinel.spawn_pusher()
    sentinel.spawn_worker()
    workers = []
    for _ in range(3):
        [worker] = sentinel.pool
        workers.append(worker.pid)
        for number in range(5):
            sentinel.task_queue.put({"id": str(number), "name": "whose", "func": os.getpid, "args": (), "kwargs": {}})
        worker.join(30)
        assert [worker.exitcode, worker.timer.value] == [0, RECYCLED]
        sentinel.reincarnate(worker)
    [fresh] = sentinel.pool
    time.sleep(1)
    assert fresh.is_alive(), "one that has done nothing stays"
    fresh.kill()
    sentinel._rest_helpers()
    assert done == [pid for pid in workers for _ in range(5)]
    assert "after death" not in caplog.text
