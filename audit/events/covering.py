"""Tells the witnesses in the database (audit.capture) that what is written now is told by an event of the same transaction."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_depth = threading.local()


@contextmanager
def covered() -> Iterator[None]:
    """For the block inside a transaction that writes governed rows and the events that tell of them. May be nested.

    PostgreSQL's witnesses look for the event themselves when the transaction ends. On SQLite a row in a table of its own says that an act is
    running: nobody else can see it, as nobody else can write meanwhile, and it is gone before the transaction ends.
    """
    if connection.vendor != "sqlite" or getattr(_depth, "now", 0):
        yield
        return
    _depth.now = 1
    try:
        with connection.cursor() as cursor:
            cursor.execute("INSERT OR IGNORE INTO audit_openact (id) VALUES (1)")
        yield
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM audit_openact")
    finally:
        _depth.now = 0
