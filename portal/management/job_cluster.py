"""django-q2's cluster as one whole: it ends together, nobody of it is left behind, and nobody waits for one that is gone.

Its parent starts a sentinel, and that starts workers, a pusher and a monitor. They share queues whose locks die with who holds them.
"""

import logging
import os
import signal
import threading
from typing import Any

import django_q.cluster
from django_q.cluster import Cluster, Sentinel

from .stopping import Stop, end_with_parent

logger = logging.getLogger("worker")
# Less than the 90 s after which systemd kills. What is ended in the middle is done again: a job is struck off when it is done.
PATIENCE_SECONDS = 60.0


class _Sentinel(Sentinel):
    """Leaves stopping to its parent, and ends with it."""

    def start(self) -> None:
        # A signal to every process at once, as from systemd, would kill it in the middle of a wait that its parent then waits out for ever.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        end_with_parent()
        os.register_at_fork(after_in_child=end_with_parent)
        super().start()

    def reincarnate(self, process: Any) -> None:
        if (process.exitcode or 0) < 0:
            # A new one in its place could wait for a lock that nobody holds any more.
            logger.error("A process of the job cluster was killed (status %s).", process.exitcode)
            os._exit(1)
        if process.is_alive():
            # It overran its time. SIGTERM, which follows, is ignored here; first it may hand over what it has.
            process.join(1)
            process.kill()
        super().reincarnate(process)


# django-q2 has no setting for it.
django_q.cluster.Sentinel = _Sentinel


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
