"""The job cluster as a process that stays: django-q2's ends for good when the database is away as it starts."""

import logging
from typing import Any

from django.core.management.base import BaseCommand

from portal.management.job_cluster import JobCluster
from portal.management.stopping import Stop

logger = logging.getLogger("worker")
# A database that is restarting is back within seconds.
REST_SECONDS = 5.0


class Command(BaseCommand):
    help = "Runs the recurring jobs until SIGTERM or Ctrl-C, after the jobs in hand. A cluster that ends by itself is started again."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Stop()
        while not stop.is_set():
            JobCluster(stop).run()
            if not stop.is_set():
                logger.error("The job cluster has ended by itself; it is started again.")
                stop.wait(REST_SECONDS)
