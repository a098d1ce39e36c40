"""Passes over things that do not concern each other: what fails for one is logged and shown, and the others have their turn."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from .errors import PortalError

logger = logging.getLogger(__name__)
Alone = Callable[[object], AbstractContextManager[None]]


class Unfinished(PortalError):
    """A pass that did everything but what failed. A job that ends so is among the failed ones, with what it was and why."""

    code = "unfinished"
    status = 500


@contextmanager
def each_alone(what: str) -> Iterator[Alone]:
    """Gives out `alone`: what fails in `with alone(thing)` ends that block and nothing else. Once the pass is through, raises Unfinished for it.

    `what` names the pass, and neither it nor a thing names a person. Within a transaction of the pass a failure could not be left behind, so a pass has none around all of it.
    """
    failed: list[tuple[object, Exception]] = []

    @contextmanager
    def alone(thing: object) -> Iterator[None]:
        try:
            yield
        except Unfinished as error:
            # A pass within this one: it has logged what failed of it.
            failed.append((thing, error))
        except Exception as error:
            failed.append((thing, error))
            logger.exception("%s: %s failed; the others go on.", what, thing)

    yield alone
    if failed:
        thing, error = failed[0]
        rest = f" {len(failed) - 1:,} more failed, too." if failed[1:] else ""
        raise Unfinished(f"{what}: {thing} failed ({_told(error)}).{rest} Everything else was done; the next pass tries again.") from error


def _told(error: Exception) -> str:
    """Words that were made for people; of anything else its kind, as its text may hold what only the log may."""
    return error.message.rstrip(".") if isinstance(error, PortalError) else type(error).__name__
