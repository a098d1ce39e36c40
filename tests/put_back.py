"""Puts a database back as it was after its migrations: what follows each test that commits, in a tenth of the time of Django's flush.

A flush empties some two hundred and fifty tables, makes every right anew and installs the guards again. Here what was there is kept once and
written back, guards and all, whatever a test did to its rows.
"""

import sqlite3
from typing import Any

from django.db import connection, transaction

LOCKED_FOR = 80  # looks, a quarter of a second each


class AsItWas:
    """The rows of the database under test at the moment when this is made."""

    def __init__(self) -> None:
        connection.ensure_connection()
        if connection.vendor == "sqlite":
            self.kept = sqlite3.connect(":memory:", check_same_thread=False)
            connection.connection.backup(self.kept)
            return
        with connection.cursor() as cursor:
            self.rows = {table: _read(cursor, table) for table in _with_rows(cursor)}

    def put_back(self) -> None:
        """Raises an error of the database when a connection that a test left open holds on to it."""
        connection.ensure_connection()
        if connection.vendor == "sqlite":
            self.kept.backup(connection.connection, progress=_PatientFor(LOCKED_FOR), sleep=0.25)
            return
        with transaction.atomic(), connection.cursor() as cursor:
            # As a replica the server asks no foreign keys. Only its superuser may say so, which is who tests run as.
            cursor.execute("SET LOCAL session_replication_role = replica")
            emptied = _with_rows(cursor)
            guards = _guards(cursor, {*emptied, *self.rows})
            steps = [f'ALTER TABLE "{table}" DISABLE TRIGGER "{guard}"' for table, guard in guards]
            cursor.execute(";".join(steps + [f'DELETE FROM "{table}"' for table in emptied]))  # noqa: S608 (our own tables)
            for table, rows in self.rows.items():
                with cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
                    copy.write(rows)
            cursor.execute(";".join(f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{guard}"' for table, guard in guards))


class _PatientFor:
    """Ends a copy that waits for a lock for too long; SQLite by itself would wait for ever."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def __call__(self, status: int, remaining: int, total: int) -> None:
        self.looks -= status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if self.looks <= 0:
            raise sqlite3.OperationalError("The database stays locked: a test left a transaction open.")


def _with_rows(cursor: Any) -> list[str]:
    tables = connection.introspection.table_names(cursor)
    asked = (f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in tables)  # noqa: S608 (our own tables)
    cursor.execute(" UNION ALL ".join(asked))
    return [table for (table,) in cursor.fetchall()]


def _read(cursor: Any, table: str) -> bytes:
    with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
        return b"".join(copy)


def _guards(cursor: Any, tables: set[str]) -> list[tuple[str, str]]:
    """Table and name of the guards of `tables`: the triggers that count for replicas too."""
    cursor.execute("SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE tgenabled = 'A'")
    return [(table, guard) for table, guard in cursor.fetchall() if table in tables]
