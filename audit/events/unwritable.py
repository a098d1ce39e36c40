"""Fails closed: what the trail cannot tell does not happen, and whoever asked for it hears so within two seconds. Reading goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, OperationalError
from django.db.backends.signals import connection_created

from portal.foundation.request_context import current_origin

WORDS = "Nothing was changed. The audit trail cannot be written now, and without it the portal changes nothing. Try again in a moment."
BUSY = "Nothing was changed. The database did not let the portal write in time. Try again in a moment."
# People wait two seconds for an answer, of which this much for a lock. Engine, sender and jobs wait longer and try again by themselves.
PATIENCE_MS = 1_700
IMPATIENT = {"web", "api"}


class TrailUnavailable(OperationalError):
    """The event could not be written, so nothing else was. A kind of database error: whoever tries again after one does so here too."""

    def __init__(self) -> None:
        super().__init__(WORDS)


@contextmanager
def or_nothing() -> Iterator[None]:
    """Around the writing of events. Raises TrailUnavailable where the database refuses or cannot."""
    try:
        yield
    except DatabaseError as error:
        raise TrailUnavailable from error


def watch() -> None:
    """Called once at start."""
    connection_created.connect(limit_patience)


def limit_patience(sender: Any, connection: Any, **kwargs: Any) -> None:
    """A connection that is opened to answer a request waits no longer for a lock than a person would. Costs nothing afterwards."""
    if current_origin().channel not in IMPATIENT:
        return
    statement = f"PRAGMA busy_timeout = {PATIENCE_MS}" if connection.vendor == "sqlite" else f"SET lock_timeout = {PATIENCE_MS}"
    with connection.cursor() as cursor:
        cursor.execute(statement)
