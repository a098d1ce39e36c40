"""Tells the witnesses in the database (audit.capture) that what is written now is told by an event of the same transaction."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

from portal.foundation.statements import vendor


class _Depth(threading.local):
    within = False


_depth = _Depth()


@contextmanager
def covered() -> Iterator[None]:
    """For the block inside a transaction that writes governed rows and the events that tell of them. May be nested.

    PostgreSQL's witnesses look for the event themselves when the transaction ends. On SQLite a row in a table of its own says that an act is
    running: nobody else can see it, as nobody else can write meanwhile, and it is gone before the transaction ends.
    """
    if vendor() != "sqlite" or _depth.within:
        yield
        return
    connection = connections["default"]
    _say(connection, "INSERT OR IGNORE INTO audit_openact (id) VALUES (1)")
    _depth.within = True
    try:
        yield
    finally:
        _depth.within = False
        # After a failure it mostly goes with its savepoint; whoever catches that inside the transaction must not keep it.
        if connection.in_atomic_block and connection.connection is not None:
            _say(connection, "DELETE FROM audit_openact")


def _say(connection: Any, statement: str) -> None:
    """To the driver itself: Django's way there costs more than the statement."""
    with connection.wrap_database_errors:
        connection.connection.execute(statement)
