"""Statements handed to the driver itself: what Django does around one costs several times what SQLite or PostgreSQL's library need for it.

Whoever watches statements (`execute_wrapper`, captured queries) sees them as any other. `%s` stands for each value given, which must be as
the driver takes it. Both raise DatabaseError and its kinds, as Django does.
"""

import hashlib
import select
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from django.db import connections

Rows = list[tuple[Any, ...]]
# As PostgreSQL's library counts them.
IDLE, IN_TRANSACTION, COMMAND_OK, TUPLES_OK, BAD = 0, 2, 1, 2, 1
# From its fifth use on a connection a statement keeps its plan there: to plan one costs the server about as much as to carry it out. The
# bound is for statements that are as long as what they are given, of which there are many kinds.
PREPARED_FROM, MOST_PREPARED = 5, 300
# By connection, how often each of its statements was used so far, up to that.
_uses: WeakKeyDictionary[Any, Counter[str]] = WeakKeyDictionary()


@cache
def vendor() -> str:
    """'postgresql' or 'sqlite', which a process does not change: the way to the connection's own word is as long as a short statement."""
    return str(connections["default"].vendor)


def ask(statement: str, given: Sequence[Any]) -> Rows:
    """The rows that `statement` answers; none when it is not one that answers."""
    return _carried_out(statement, given)[0]


def change(statement: str, given: Sequence[Any]) -> int:
    """How many rows `statement` changed."""
    return _carried_out(statement, given)[1]


def _carried_out(statement: str, given: Sequence[Any]) -> tuple[Rows, int]:
    connection: Any = connections["default"]
    _make_sure_of(connection)
    if connection.connection is None or connection.execute_wrappers or connection.queries_logged:
        with connection.cursor() as cursor:
            cursor.execute(statement, given)
            return _read(cursor)
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        if vendor() == "sqlite":
            return _read(connection.connection.execute(_as_sqlite_has_it(statement), given))
        if all(type(value) in _TEXTS for value in given) and _at_work(connection.connection):
            return _by_the_library(connection.connection, statement, given)
        return _read(connection.connection.execute(statement, given))


def _read(cursor: Any) -> tuple[Rows, int]:
    return (list(cursor.fetchall()) if cursor.description else []), int(cursor.rowcount)


def _make_sure_of(connection: Any) -> None:
    """As Django's cursor does with the first question of a request; PostgreSQL is not asked for a 1, only whether it said that it goes."""
    if connection.connection is None or not connection.health_check_enabled or connection.health_check_done:
        return
    if vendor() == "postgresql" and not _has_something_to_say(connection.connection):
        connection.health_check_done = True
    connection.close_if_health_check_failed()


def _has_something_to_say(connection: Any) -> bool:
    waiting = select.poll()
    waiting.register(connection.pgconn.socket, select.POLLIN)
    return bool(waiting.poll(0))


def _at_work(connection: Any) -> bool:
    """The transaction has begun, or there is to be none. One that is like any other begins here; psycopg begins it with a call of its own."""
    if connection.autocommit or connection.pgconn.transaction_status == IN_TRANSACTION:
        return True
    special = connection.isolation_level or connection.read_only or connection.deferrable
    return not special and connection.pgconn.transaction_status == IDLE and bool(connection.pgconn.exec_(b"BEGIN").status == COMMAND_OK)


def _by_the_library(connection: Any, statement: str, given: Sequence[Any]) -> tuple[Rows, int]:
    """Straight to libpq: a third of what psycopg's cursor costs. Rows are read, and errors told, by psycopg."""
    from psycopg import OperationalError, errors
    from psycopg.adapt import Transformer

    values = [_TEXTS[type(value)](value) for value in given]
    name = _prepared_as(connection, statement)
    result = connection.pgconn.exec_prepared(name, values) if name else connection.pgconn.exec_params(_as_libpq_has_it(statement), values)
    if result.status == TUPLES_OK:
        reading = Transformer(connection)
        reading.set_pgresult(result)
        return reading.load_rows(0, result.ntuples, tuple), result.command_tuples or 0
    if result.status == COMMAND_OK:
        return [], result.command_tuples or 0
    if connection.pgconn.status == BAD:
        raise OperationalError(result.get_error_message())
    raise errors.error_from_result(result)


def _prepared_as(connection: Any, statement: str) -> bytes | None:
    """The name under which the server keeps the plan of a statement that this connection asks again and again; None for all others."""
    uses = _uses.setdefault(connection, Counter())
    if uses[statement] < PREPARED_FROM:
        if len(uses) >= MOST_PREPARED and statement not in uses:
            return None
        uses[statement] += 1
        if uses[statement] < PREPARED_FROM:
            return None
        result = connection.pgconn.prepare(_name_of(statement), _as_libpq_has_it(statement))
        if result.status != COMMAND_OK:
            from psycopg import errors

            del uses[statement]
            raise errors.error_from_result(result)
    return _name_of(statement)


def _text(value: str) -> bytes:
    text = value.encode()
    if b"\0" in text:
        from psycopg import DataError

        # The library would take what stands before it for the whole.
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return text


# How libpq takes a value, by its type; where it stands in the statement says what PostgreSQL takes it for.
_TEXTS: Mapping[type, Callable[[Any], bytes | None]] = {
    type(None): lambda value: None,
    str: _text,
    int: lambda value: b"%d" % value,
    bool: lambda value: b"t" if value else b"f",
    datetime: lambda value: value.isoformat().encode(),
}


@lru_cache(maxsize=1024)
def _as_sqlite_has_it(statement: str) -> str:
    return statement.replace("%s", "?").replace("%%", "%")


@lru_cache(maxsize=1024)
def _name_of(statement: str) -> bytes:
    return b"portal_" + hashlib.sha256(statement.encode()).hexdigest()[:24].encode()


@lru_cache(maxsize=1024)
def _as_libpq_has_it(statement: str) -> bytes:
    """`… = %s AND … = %s` as `… = $1 AND … = $2`."""
    first, *others = statement.split("%s")
    numbered = first + "".join(f"${place}{part}" for place, part in enumerate(others, start=1))
    return numbered.replace("%%", "%").encode()
