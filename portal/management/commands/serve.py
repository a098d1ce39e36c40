"""A whole installation on one machine: web, engine, sender and workers from one parent, until Ctrl-C or SIGTERM."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.management import family, parts
from portal.management.listening import check_free, listening_address, written


class Command(BaseCommand):
    help = (
        "Runs web, engine, sender and workers until Ctrl-C. When one of them stops, all do, so that whatever started this starts it again."
    )
    # They are made in a process of their own: what they leave in memory would stay with all the others.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = listening_address("PORT", settings.LISTEN_PORT)
        check_free(host, port, "PORT")
        parts.load()
        running = parts.installation(written(host, port))
        family.prepare()
        if status := family.aside(self.check):
            sys.exit(status)
        sys.exit(family.Family(family.say).run(running))
