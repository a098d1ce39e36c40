"""Fails closed: what the trail cannot tell does not happen, and whoever asked for it hears so within two seconds. Reading goes on."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, OperationalError

from portal.foundation import patience

WORDS = "Nothing was changed. The audit trail cannot be written now, and without it the portal changes nothing. Try again in a moment."
BUSY = "Nothing was changed. The database did not let the portal write in time. Try again in a moment."


class TrailUnavailable(OperationalError):
    """The event could not be written, so nothing else was. A kind of database error: whoever tries again after one does so here too."""

    def __init__(self) -> None:
        super().__init__(WORDS)


@contextmanager
def or_nothing() -> Iterator[None]:
    """Around the writing of events. Raises TrailUnavailable where the database refuses or cannot."""
    try:
        patience.for_the_rest()
        yield
    except DatabaseError as error:
        raise TrailUnavailable from error
