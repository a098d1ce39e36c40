"""The sealer as a process: takes in new events, signs the tree at most once a second, gives a heartbeat every minute, and files what is sealed."""

import logging
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import InterfaceError, OperationalError, close_old_connections, connections

from audit.anchors.anchoring import Anchoring
from audit.reading.filing import Filing, file_all
from audit.sealing import alarms
from audit.sealing.services import seal
from audit.sealing.telling import check_start, heartbeat, started, stopped
from audit.sealing.waiting import something_waits
from portal.foundation import clock
from portal.foundation.errors import WrongState
from portal.foundation.request_context import origin
from portal.foundation.signs.beats import SEALER, beat
from portal.management.stopping import Stop

logger = logging.getLogger("sealer")
POLL_SECONDS = 0.25
CHECKPOINT_SECONDS = 1.0
SIGN_SECONDS = 5.0
HEARTBEAT_SECONDS = 60.0
# The one who waits for a person, or for a database that is restarting, need not ask often.
REST_SECONDS = 2.0


class Command(BaseCommand):
    help = "Seals the audit trail until SIGTERM or Ctrl-C. Several may run at once; killing it loses nothing."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Seal what waits and stop.")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        with origin("sealer"):
            if once:
                signed = seal(clock.now(), clock=clock.now)
                file_all()
                self.stdout.write(f"sealed up to {signed.size}" if signed else "nothing to seal")
                return
            stop = Stop().on_signals()
            logger.info("The sealer looks for events.")
            _Loop(stop).run()
            logger.info("The sealer has stopped.")


class _Loop:
    """Rounds until `stop`. A database that cannot be reached costs one line when it goes and one when it is back."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.anchoring = Anchoring(clock=clock.now)
        self.filing = Filing()
        self.begun = self.away = False
        # Whether a round was begun and not finished: leaves may have no checkpoint yet.
        self.owing = True
        self.next_heartbeat = self.next_seal = self.next_sign = 0.0

    def run(self) -> None:
        self.anchoring.start()
        while not self.stop.is_set():
            self.stop.wait(self._guarded(self._round))
        if self.begun:
            self._guarded(self._end)
        self.anchoring.end()

    def _guarded(self, work: Any) -> float:
        """How long to rest after `work`."""
        try:
            close_old_connections()
            work()
            if self.away:
                logger.info("The database is back.")
            self.away = False
            left = self.next_seal - time.monotonic()
            return min(POLL_SECONDS, left) if left > 0 else POLL_SECONDS
        except WrongState as refused:
            if not self.begun:
                alarms.sound("seal", refused.message, now=clock.now())
        except (OperationalError, InterfaceError) as error:
            if not self.away:
                logger.error("The database cannot be reached (%s); trying again until it is back.", type(error).__name__)
            self.away = True
            connections.close_all()
        except Exception:
            logger.exception("A round failed; the next one tries again.")
        return REST_SECONDS

    def _round(self) -> None:
        now = clock.now()
        if not self.begun:
            check_start(now=now)
            started(now=now)
            self.begun, self.next_heartbeat = True, time.monotonic() + HEARTBEAT_SECONDS
        if time.monotonic() >= self.next_heartbeat:
            self.next_heartbeat = time.monotonic() + HEARTBEAT_SECONDS
            heartbeat(now=now)
        if time.monotonic() >= self.next_seal:
            if self.owing or something_waits():
                self.next_seal, self.owing = time.monotonic() + CHECKPOINT_SECONDS, True
                if seal(now, clock=clock.now):
                    self.anchoring.wake()
                self.owing = False
            # Right after a seal, when the next one is as far away as can be, or while there is nothing to seal.
            self.filing.turn()
        if time.monotonic() >= self.next_sign:
            self.next_sign = time.monotonic() + SIGN_SECONDS
            beat(SEALER, now=now)

    def _end(self) -> None:
        stopped(now=clock.now())
        seal(clock.now(), clock=clock.now)
