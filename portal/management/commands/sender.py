"""The sending process: hands messages over until it is told to stop."""

import logging
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections, connections

from portal.foundation import clock
from portal.foundation.outbox.dispatch import deliver_due
from portal.foundation.outbox.sending import Sender
from portal.foundation.request_context import origin
from portal.foundation.watch.lookout import Lookout
from portal.management import garbage
from portal.management.stopping import Stop

logger = logging.getLogger("sender")
# A database that is restarting is back within seconds; asking it faster does not help it.
DATABASE_REST_SECONDS = 2.0


class Command(BaseCommand):
    help = "Sends messages until SIGTERM or Ctrl-C. Several may run at once; killing it loses nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Send what is due, one call after the other, and stop.")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        with origin("sender"):
            if once:
                self.stdout.write(f"{deliver_due(now=clock.now())} sent")
                return
            stop = Stop().on_signals()
            garbage.look_rarely()
            logger.info("The sender looks for messages.")
            _loop(Sender(clock.now), stop)
            logger.info("The sender has stopped.")


def _loop(sender: Sender, stop: Stop) -> None:
    """Sends until `stop`. A database that cannot be reached costs one line when it goes and one when it is back."""
    away, lookout = False, Lookout("sender")
    while True:
        rest = 0.0
        try:
            close_old_connections()
            if stop.is_set():
                sender.finish()
                return
            sender.step()
            lookout.look(clock.now())
            if away:
                logger.info("The database is back.")
            away = False
        except (OperationalError, InterfaceError) as error:
            if not away:
                logger.error("The database cannot be reached (%s); trying again until it is back.", type(error).__name__)
            away, rest = True, DATABASE_REST_SECONDS
            connections.close_all()
            if stop.is_set():
                # What was handed over and could not be written down is sent once more, with the same key.
                sender.close()
                return
        except Exception:
            logger.exception("A round failed; the next one tries again.")
            rest = DATABASE_REST_SECONDS
        stop.wait(rest)
