"""How long somebody waits for what others have locked: for an answer all its waits together, at a prompt each."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse

from .request_context import current_origin

# People wait two seconds for an answer, of which this much for locks.
ANSWER_MS = 1_700
# What need not be written waits for a writer in the midst of a small change, not for one that stays.
BRIEFLY_MS = 50
# Whoever runs a command sees that it waits; as long as SQLite waits in all processes. Engine, sender and jobs try again by themselves, so on
# PostgreSQL they wait until the lock is gone.
COMMAND_MS = 20_000
ANSWERING = {"web", "api"}
# An answer that took so long already may have waited for one thing, and has only so much left for the next.
LONG_MS, LEAST_MS = 400, 250
LOCK_NOT_AVAILABLE = "55P03"


@dataclass(slots=True)
class _Left:
    """Of the running answer: when it began (monotonic), what its connection waited at first, where that was changed, and whether a wait of it
    was in vain."""

    began: float
    usual: int | None = None
    spent: bool = False


_left: ContextVar[_Left | None] = ContextVar("left of the patience", default=None)


def watch() -> None:
    """Called once at start."""
    connection_created.connect(limit)


def limit(sender: Any, connection: Any, **kwargs: Any) -> None:
    """A connection that is opened to answer a request waits no longer for a lock than a person would. Costs nothing afterwards."""
    channel = current_origin().channel
    if channel in ANSWERING:
        _wait_at_most(ANSWER_MS, connection)
    elif channel == "command" and connection.vendor == "postgresql":
        _wait_at_most(COMMAND_MS, connection)


class PatienceMiddleware:
    """Around every answer: one that waited in vain waits no second time, and the next one on its connection has its patience whole."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _left.set(_Left(time.monotonic()))
        try:
            return self.get_response(request)
        finally:
            left = _left.get()
            _left.reset(token)
            if left is not None and left.usual is not None:
                # A connection that broke is another one next time.
                with suppress(DatabaseError):
                    _wait_at_most(left.usual)


def in_vain(error: BaseException | None) -> bool:
    """Whether the database says by `error` that somebody else's lock outlasted the waiting."""
    while error is not None:
        if getattr(error, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            return True
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF == sqlite3.SQLITE_BUSY:
            return True
        error = error.__cause__
    return False


def spend() -> None:
    """The running answer waited in vain: whatever it still asks for that is locked, it does without."""
    left = _left.get()
    if left is not None and not left.spent:
        left.spent = True
        shorten(0)


def is_spent() -> bool:
    left = _left.get()
    return left is not None and left.spent


def shorten(milliseconds: int) -> None:
    """The rest of the running answer waits so long at most."""
    left = _left.get()
    # A transaction that failed takes no setting, and ends with one that it took.
    if left is None or (connection.vendor == "postgresql" and connection.in_atomic_block):
        return
    if left.usual is None:
        left.usual = _waits()
    # For PostgreSQL 0 is for ever.
    _wait_at_most(max(int(connection.vendor == "postgresql"), milliseconds))


def for_the_rest() -> None:
    """Within a transaction: what the running answer has waited for one lock on PostgreSQL, it does not wait again for the next.

    SQLite's transactions begin with the only lock there is. Costs a call to the database where an answer is late already.
    """
    left = _left.get()
    if left is None or connection.vendor != "postgresql" or not connection.in_atomic_block:
        return
    gone = round((time.monotonic() - left.began) * 1_000)
    if gone > LONG_MS and not connection.needs_rollback:
        # Past Django, as the count of a page's queries must not depend on how fast the machine is.
        with connection.wrap_database_errors:
            connection.connection.execute(f"SET LOCAL lock_timeout = {max(LEAST_MS, ANSWER_MS - gone)}")


@contextmanager
def briefly() -> Iterator[None]:
    """For what need not be written. SQLite has one lock for everything; on PostgreSQL hardly anybody else holds such a row."""
    if connection.vendor != "sqlite":
        yield
        return
    usual = _waits()
    _wait_at_most(min(usual, BRIEFLY_MS))
    try:
        yield
    finally:
        _wait_at_most(usual)


def _waits() -> int:
    """In milliseconds."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return int(connection.connection.execute("PRAGMA busy_timeout").fetchone()[0])
        cursor.execute("SELECT setting FROM pg_settings WHERE name = 'lock_timeout'")
        return int(cursor.fetchone()[0])


def _wait_at_most(milliseconds: int, on: Any = connection) -> None:
    if on.vendor == "sqlite":
        # Past Django, whose log and count of queries are for what a page asks.
        on.ensure_connection()
        on.connection.execute(f"PRAGMA busy_timeout = {milliseconds}")
        return
    with on.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = {milliseconds}")
