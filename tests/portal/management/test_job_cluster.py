"""Pusher and monitor as threads of the sentinel: they rest for a fork, and lose neither a job nor a result by it. Workers are forked for jobs."""

import multiprocessing
import os
import time
from typing import Any

import django_q.cluster
import django_q.worker
import pytest
from django.db import connections
from django_q.queues import Queue

from portal.management import job_cluster
from portal.management.job_cluster import LAST, RECYCLED, _Helper, _Jobs, _Results, _Sentinel, _Vacancy


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
    assert [sentinel.task_queue.get(timeout=60) for _ in range(3)] == ["first", "second", "third"]
    sentinel.pusher.join(10)


def test_a_helper_that_fails_says_so_and_is_gone(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ConnectionError

    helper = _Helper("pusher", fail)
    helper.join(10)
    assert not helper.is_alive()
    assert "The pusher of the job cluster has failed." in caplog.text


def test_a_worker_takes_a_row_of_jobs_to_its_end_and_is_told_to_go_only_when_there_was_nothing_for_a_while() -> None:
    queue, timer = Queue(), multiprocessing.Value("f", -1)
    jobs = _Jobs(queue, timer, patience=60)
    for job in range(20):
        queue.put(job)
    assert [jobs.get() for _ in range(20)] == list(range(20))
    assert timer.value == -1
    jobs._patience = 0.1
    assert [jobs.get(), timer.value] == [LAST, RECYCLED]
    queue.put("for the next worker")
    assert [_Jobs(queue, timer, patience=60).get(), queue.qsize()] == ["for the next worker", 0]


@pytest.fixture
def done() -> list[int]:
    """Which process did each job, as its results say."""
    return []


class Unsaid:
    """A cluster's state, told nobody."""

    def __init__(self, sentinel: Any) -> None: ...

    def save(self) -> None: ...


@pytest.fixture
def sentinel(monkeypatch: pytest.MonkeyPatch, done: list[int]) -> Any:
    """One that nobody guards, without a database."""
    # A thread of the queue puts a row into its pipe, and on a busy machine rests in the middle of it; a worker must not take that for its end.
    monkeypatch.setattr(job_cluster, "RESTED_SECONDS", 1.0)
    monkeypatch.setattr(connections, "close_all", lambda: None)
    monkeypatch.setattr(django_q.worker, "close_old_django_connections", lambda: None)
    sentinel: Any = _Sentinel.__new__(_Sentinel)
    sentinel.pool, sentinel.timeout, sentinel.reincarnations, sentinel.broker = [], 30, 0, None
    sentinel.event_out, sentinel._taken_back = multiprocessing.Event(), []
    sentinel.task_queue, sentinel.result_queue = Queue(), Queue()
    sentinel.start_event, sentinel.stop_event = multiprocessing.Event(), multiprocessing.Event()
    sentinel.start_event.set()
    sentinel.stop_event.set()
    monkeypatch.setattr(django_q.cluster, "Stat", Unsaid)

    def monitors(results: _Results, broker: object) -> None:
        done.extend(result["result"] for result in iter(results.get, LAST))

    monkeypatch.setattr(job_cluster, "monitor", monitors)
    monkeypatch.setattr(job_cluster, "pusher", lambda queue, rest, broker: rest.wait())
    sentinel.monitor, sentinel.pusher = sentinel.spawn_monitor(), sentinel.spawn_pusher()
    return sentinel


def job(number: int) -> dict[str, Any]:
    return {"id": str(number), "name": "whose", "func": os.getpid, "args": (), "kwargs": {}}


def wait_until_written(queue: Queue) -> None:
    while queue._buffer:
        time.sleep(0.001)


def test_a_worker_lives_for_one_row_of_jobs_and_there_is_none_while_there_is_no_job(
    sentinel: Any, done: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    sentinel.spawn_worker()
    workers = []
    for _ in range(3):
        [vacancy] = sentinel.pool
        assert isinstance(vacancy, _Vacancy)
        assert vacancy.is_alive(), "a sentinel sees nothing to do"
        assert multiprocessing.active_children() == []
        for number in range(5):
            sentinel.task_queue.put(job(number))
        wait_until_written(sentinel.task_queue)
        assert not vacancy.is_alive()
        sentinel.reincarnate(vacancy)
        [worker] = sentinel.pool
        workers.append(worker.pid)
        worker.join(60)
        assert [worker.exitcode, worker.timer.value] == [0, RECYCLED]
        sentinel.reincarnate(worker)
    sentinel._rest_helpers()
    assert done == [pid for pid in workers for _ in range(5)]
    assert len(set(workers)) == 3
    assert "after death" not in caplog.text


def test_a_job_that_was_fetched_and_has_no_worker_yet_is_done_before_the_end(
    sentinel: Any, done: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    sentinel.spawn_worker()
    sentinel.task_queue.put(job(1))
    monkeypatch.setattr(job_cluster, "pusher", lambda *given: pytest.fail("no more is fetched"))
    sentinel.stop()
    assert len(done) == 1
    assert done != [os.getpid()]
    assert [sentinel.pool, sentinel.monitor.is_alive(), sentinel.pusher.is_alive()] == [[], False, False]


def test_an_end_with_nothing_to_do_needs_no_worker(sentinel: Any, done: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    sentinel.spawn_worker()
    monkeypatch.setattr(sentinel, "spawn_process", lambda *given: pytest.fail("a worker was forked"), raising=False)
    sentinel.stop()
    assert [done, sentinel.pool, sentinel.monitor.is_alive(), sentinel.pusher.is_alive()] == [[], [], False, False]
