"""The sign of life to the outside: an address that somebody else watches is called while the engine passes and messages leave."""

import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings

from portal.foundation.errors import DeliveryFailed
from portal.foundation.outbound_http import get_ok

logger = logging.getLogger(__name__)
# Watching services count in minutes; more often would only load them.
EVERY_SECONDS = 30.0


class DeadMan:
    """Calls settings.DEAD_MAN_URL beside the engine, which never waits for it. Does nothing when no address is set."""

    def __init__(self) -> None:
        self._last = 0.0
        self._calling: threading.Thread | None = None

    def alive(self, all_well: Callable[[], bool]) -> None:
        """Says that a pass has finished, where `all_well` finds nothing else amiss; at most one call at a time and one every 30 s goes out.

        Silence is the message, so nothing is called while messages do not leave. Raises only what `all_well` does.
        """
        if not settings.DEAD_MAN_URL or (self._calling and self._calling.is_alive()):
            return
        if self._last and time.monotonic() - self._last < EVERY_SECONDS:
            return
        self._last = time.monotonic()
        if not all_well():
            logger.warning("The dead-man address is not called: messages do not leave.")
            return
        calling = threading.Thread(target=_call, daemon=True, name="dead-man")
        try:
            calling.start()
        except RuntimeError:
            logger.warning("The dead-man address could not be called: no thread can be started.")
        else:
            self._calling = calling


def _call() -> None:
    try:
        get_ok(settings.DEAD_MAN_URL)
    except DeliveryFailed as error:
        logger.warning("The dead-man address did not answer: %s", error.message)
    except Exception as error:  # noqa: BLE001 - its text could hold the address
        logger.error("The dead-man address could not be called: %s", type(error).__name__)
