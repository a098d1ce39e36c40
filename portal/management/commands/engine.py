"""The engine as a process: a pass whenever something is due or somebody asks for a look, and one a second to show that it lives."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections, connection, connections

from incidents.escalation.engine import lend_a_hand, next_due, run_cycle
from incidents.escalation.looks import MOST_AT_ONCE, any_wanted
from portal.foundation import clock
from portal.foundation.channels.dead_man import DeadMan
from portal.foundation.watch import delivery
from portal.foundation.watch.lookout import Lookout
from portal.management import garbage
from portal.management.second_hand import SecondHand
from portal.management.stopping import Stop

logger = logging.getLogger("engine")
# A database that is restarting is back within seconds; asking it faster does not help it.
DATABASE_REST_SECONDS = 5.0
# How long a new incident waits at most before anybody looks at it.
POLL_SECONDS = 0.1


class Command(BaseCommand):
    help = "Runs the escalation engine until SIGTERM or Ctrl-C. Several may run at once; killing it loses nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Make one pass and stop; exit status 1 when something in it failed.")
        parser.add_argument("--alone", action="store_true", help="Take one batch at a time, without a second process in a crowd.")

    def handle(self, *args: Any, once: bool, alone: bool, **options: Any) -> None:
        if once:
            result = run_cycle(now=clock.now())
            self.stdout.write(f"{result.started} started, {result.advanced} advanced, {result.failed} failed")
            raise SystemExit(1 if result.failed else 0)
        stop = Stop().on_signals()
        garbage.look_rarely()
        logger.info("The engine looks every %g s.", settings.ENGINE_CYCLE_SECONDS)
        # SQLite has one writer, so a second hand would only wait.
        lends = connection.vendor == "postgresql" and not alone
        hand = SecondHand(lambda: lend_a_hand(now=clock.now())) if lends else None
        _loop(stop, hand.lend if hand else lambda: None)
        if hand:
            hand.join()
        logger.info("The engine has stopped.")


def _loop(stop: Stop, crowded: Callable[[], None]) -> None:
    """Passes until `stop`. A database that cannot be reached costs one line when it goes and one when it is back."""
    dead_man, lookout, away = DeadMan(), Lookout("engine"), False
    while not stop.is_set():
        began = time.monotonic()
        try:
            close_old_connections()
            result = run_cycle(now=clock.now(), crowded=crowded)
            if away:
                logger.info("The database is back.")
            away = False
            lookout.look(clock.now())
            dead_man.alive(lambda: delivery.is_well(clock.now()))
            # A few cost a pass as much as one, so what comes within a tenth of a second shares it; only a crowd is not kept waiting. And after a
            # pass that found nothing, what is due is in other hands: these are not to be asked without a rest.
            _rest(stop, began + settings.ENGINE_CYCLE_SECONDS, at_once=result.advanced >= MOST_AT_ONCE)
        except (OperationalError, InterfaceError) as error:
            if not away:
                logger.error("The database cannot be reached (%s); trying again until it is back.", type(error).__name__)
            away = True
            connections.close_all()
            stop.wait(min(DATABASE_REST_SECONDS, 5 * settings.ENGINE_CYCLE_SECONDS))
        except Exception:
            logger.exception("A pass failed; the next one tries again.")
            stop.wait(max(0.0, began + settings.ENGINE_CYCLE_SECONDS - time.monotonic()))


def _rest(stop: Stop, until: float, *, at_once: bool) -> None:
    """Until something is due, somebody asks for a look, or `until` on the monotonic clock. One query a poll, of one row of an index.

    What is due next is asked once: what others make due earlier, they ask a look for.
    """
    if not at_once:
        stop.wait(min(settings.ENGINE_CYCLE_SECONDS, POLL_SECONDS))
    due = next_due()
    while not stop.is_set() and (left := until - time.monotonic()) > 0:
        ahead = POLL_SECONDS if due is None else (due - clock.now()).total_seconds()
        if ahead <= 0 or any_wanted():
            return
        stop.wait(min(left, ahead, POLL_SECONDS))
