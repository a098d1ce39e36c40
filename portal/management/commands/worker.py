"""The job cluster as a process that stays: django-q2's ends for good when the database is away as it starts."""

import logging
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django_q.cluster import Cluster

logger = logging.getLogger("worker")
# A database that is restarting is back within seconds.
REST_SECONDS = 5.0


class _Cluster(Cluster):
    """Remembers that somebody asked it to stop, so that it is not started again then."""

    def __init__(self, asked: threading.Event) -> None:
        self._asked = asked
        super().__init__()

    def sig_handler(self, signum: int, frame: Any) -> None:
        self._asked.set()
        if self.sentinel is not None:
            self.stop()


class Command(BaseCommand):
    help = "Runs the recurring jobs until SIGTERM or Ctrl-C, after the jobs in hand. A cluster that ends by itself is started again."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        asked = threading.Event()
        while not asked.is_set():
            _until_it_ends(_Cluster(asked))
            if not asked.is_set():
                logger.error("The job cluster has ended by itself; it is started again.")
                asked.wait(REST_SECONDS)


def _until_it_ends(cluster: _Cluster) -> None:
    try:
        cluster.start()
    except RuntimeError:
        # It has said why.
        return
    while cluster.sentinel.is_alive():
        cluster.sentinel.join(1)
