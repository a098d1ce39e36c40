"""django-q2's cluster as one whole: it ends together, nobody of it is left behind, and nobody waits for one that is gone.

Its parent starts a sentinel, and that starts workers; what fetches jobs (the pusher) and what writes down how they went (the monitor) are threads
of the sentinel, for memory. They share queues whose locks die with who holds them.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Value
from multiprocessing.connection import Connection
from queue import Empty
from typing import Any

import django_q.cluster
from django.db import connections
from django_q.cluster import Cluster, Sentinel
from django_q.monitor import monitor
from django_q.pusher import pusher
from django_q.scheduler import scheduler
from django_q.signals import post_execute_in_worker
from django_q.worker import worker

from .shared_memory import give_back
from .stopping import Stop, end_with_parent

logger = logging.getLogger("worker")
# Less than the 90 s after which systemd kills. What is ended in the middle is done again: a job is struck off when it is done.
PATIENCE_SECONDS = 60.0
# Longer than the half second in which the pusher looks for the next job, short against the half minute until the scheduler puts in another row.
RESTED_SECONDS = 1.5
# What ends a queue, and who reads from it, as django-q2 has it; and what a worker's timer says of one that ended on purpose.
LAST = "STOP"
RECYCLED = -2


class _Helper(threading.Thread):
    """A part of django-q2 as a thread, with what a sentinel asks of its processes."""

    exitcode = None

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        super().__init__(name=name, daemon=True)
        self.pid = os.getpid()
        self._work = work
        self.start()

    def run(self) -> None:
        try:
            self._work()
        except Exception:
            # Mostly the database is away; the sentinel begins it anew.
            logger.exception("The %s of the job cluster has failed.", self.name)
        finally:
            _leave_the_database()


class _Jobs:
    """The jobs as one worker takes them. When it has had nothing to do for a while, it is told that this was the last one: it ends, and what
    its jobs took of the memory ends with it. Nothing is taken from the queue in that moment."""

    def __init__(self, queue: Any, timer: Any, patience: float) -> None:
        self._queue, self._timer, self._patience = queue, timer, patience

    def get(self) -> Any:
        try:
            return self._queue.get(timeout=self._patience)
        except Empty:
            self._timer.value = RECYCLED
            return LAST


class _Vacancy:
    """Stands for a worker while there is no job, with what a sentinel asks of its processes. It counts as gone when there is one, and the
    sentinel forks a worker in its place."""

    exitcode = None

    def __init__(self, has_jobs: Callable[[], bool]) -> None:
        self.name, self.pid, self.timer = "vacancy", os.getpid(), Value("f", RECYCLED)
        self._has_jobs = has_jobs

    def is_alive(self) -> bool:
        return not self._has_jobs()


class _Results:
    """The results as the monitor takes them. Closing a queue closes it for readers of the same process too; this goes on to the last result."""

    def __init__(self, queue: Any) -> None:
        self._queue = queue
        self._pipe = Connection(os.dup(queue._reader.fileno()), writable=False)

    def get(self) -> Any:
        if self._queue.empty():
            _leave_the_database()
        result = self._pipe.recv()
        self._queue.size.increment(-1)
        return result


class _Sentinel(Sentinel):
    """Leaves stopping to its parent, and ends with it."""

    def start(self) -> None:
        # A signal to every process at once, as from systemd, would kill it in the middle of a wait that its parent then waits out for ever.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_with_parent()
        os.register_at_fork(after_in_child=end_with_parent)
        self._taken_back: list[Any] = []
        post_execute_in_worker.connect(_leave_the_database)
        super().start()

    def spawn_worker(self) -> None:
        """One for the jobs that wait; none while none does, for what a worker at rest takes of the memory."""
        if not self._has_jobs():
            self.pool.append(_Vacancy(self._has_jobs))
            return
        # What is handed back now, the worker does not inherit.
        _leave_the_database()
        timer = Value("f", -1)
        jobs = _Jobs(self.task_queue, timer, RESTED_SECONDS)
        self.spawn_process(worker, jobs, self.result_queue, timer, self.timeout)

    def _has_jobs(self) -> bool:
        return bool(self._taken_back) or not self.task_queue.empty()

    def spawn_pusher(self) -> _Helper:
        return _Helper("pusher", self._push)

    def spawn_monitor(self) -> _Helper:
        return _Helper("monitor", lambda: monitor(_Results(self.result_queue), self.broker))

    def _push(self) -> None:
        while self._taken_back:
            self.task_queue.put(self._taken_back.pop(0))
        if not self.event_out.is_set():
            pusher(self.task_queue, self.event_out, self.broker)

    def reincarnate(self, process: Any) -> None:
        if isinstance(process, _Helper):
            super().reincarnate(process)
            return
        if (process.exitcode or 0) < 0:
            # A new one in its place could wait for a lock that nobody holds any more.
            logger.error("A process of the job cluster was killed (status %s).", process.exitcode)
            os._exit(1)
        if not isinstance(process, _Vacancy) and process.is_alive():
            # It overran its time. SIGTERM, which follows, is ignored here; first it may hand over what it has.
            process.join(1)
            process.kill()
        # A fork in the middle of what they do would copy locks that nobody opens there.
        self._rest_helpers()
        super().reincarnate(process)
        self.monitor, self.pusher = self.spawn_monitor(), self.spawn_pusher()

    def stop(self) -> None:
        """Jobs that were fetched are done before the end, by workers that are forked for them if there is none; no more are fetched."""
        self._rest_helpers()
        for vacancy in [each for each in self.pool if isinstance(each, _Vacancy)]:
            self.pool.remove(vacancy)
            self.spawn_worker()
        self.event_out.set()
        self.monitor, self.pusher = self.spawn_monitor(), self.spawn_pusher()
        super().stop()

    def _rest_helpers(self) -> None:
        """Ends both when they have finished what they are at. A pusher that waits for room in the queue gets it."""
        self.event_out.set()
        while self.pusher.is_alive():
            with suppress(Empty):
                self._taken_back.append(self.task_queue.get(timeout=0.1))
        self.event_out.clear()
        if self.monitor.is_alive():
            self.result_queue.put(LAST)
            self.monitor.join()


def _schedule(**given: Any) -> None:
    """What a sentinel does with the database itself, every half minute."""
    try:
        scheduler(**given)
    finally:
        _leave_the_database()


def _leave_the_database(**sent: Any) -> None:
    """For who needs it now and then: on SQLite a connection holds the whole schema, some 4 MB."""
    connections.close_all()
    give_back()


# django-q2 has no setting for it.
django_q.cluster.Sentinel, django_q.cluster.scheduler = _Sentinel, _schedule


class JobCluster(Cluster):
    """A cluster that runs until `stop` is set, as SIGTERM and SIGINT do."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        super().__init__()

    def sig_handler(self, signum: int, frame: Any) -> None:
        # Its own would wait in the middle of whatever was interrupted.
        self._stop.set()

    def run(self) -> None:
        """Returns when the cluster has ended, asked or by itself. Jobs in hand are waited for, up to `PATIENCE_SECONDS`."""
        try:
            self.start()
        except RuntimeError:
            # It has said why.
            return
        while self.sentinel.is_alive() and not self._stop.wait(1):
            pass
        if self._stop.is_set():
            patience = threading.Timer(PATIENCE_SECONDS, self._by_force)
            patience.daemon = True
            patience.start()
            self.stop()
            patience.cancel()

    def _by_force(self) -> None:
        logger.error("The jobs in hand have not ended within %g s; they are ended by force, and done again later.", PATIENCE_SECONDS)
        self.sentinel.kill()
        os._exit(1)
