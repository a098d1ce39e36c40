"""Columns of numbers out of the database: a row costs a microsecond instead of twenty, as no object is made of it.

Times are whole microseconds since 1970 in UTC, words of a known set are numbers, and what is null is NEVER.
"""

# ruff: noqa: S608 - statements of the ORM, and names made here; values are parameters
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from sqlite3 import sqlite_version_info
from typing import Any

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, Case, F, Func, IntegerField, QuerySet, Value, When

from .levels import NEVER, Whole
from .moments import EPOCH, MICROSECOND, microseconds

# Times as numbers are asked for here by others.
__all__ = [
    "CHUNK", "EPOCH", "MICROSECOND", "Above", "IsSet", "Microseconds", "OrNever", "Truly", "WholeIn", "along", "coded", "microseconds", "numbered",
    "or_nothing", "read", "read_sql",
]  # fmt: skip

CHUNK = 20_000
# SQLite has seconds as a number since 3.38, before that as a text. The microseconds stand behind the point, and not at all when there are none.
# It rounds to milliseconds: 59.9996 s would be the next minute's, so the fraction is kept from it.
WHOLE_SECONDS = "substr(%(expressions)s, 1, 19)"
SECONDS = f"unixepoch({WHOLE_SECONDS})" if sqlite_version_info >= (3, 38) else f"CAST(strftime('%%%%s', {WHOLE_SECONDS}) AS INTEGER)"
IN_SQLITE = f"({SECONDS} * 1000000 + CAST(substr(%(expressions)s, 21) AS INTEGER))"
# An array of PostgreSQL's: its shape and the type of what is in it, then each value behind its length.
ARRAY_HEAD, TYPE_OF_ALL = 20, slice(8, 12)
EACH = np.dtype([("length", ">i4"), ("value", ">i8")])
TIMES = 1184
SINCE_2000 = microseconds(datetime(2000, 1, 1, tzinfo=UTC))


class Microseconds(Func):
    """A time as whole microseconds since 1970 UTC; null stays null. Read as a number, it costs a tenth of a datetime."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        sql, params = self.as_sql(compiler, connection, template=IN_SQLITE, **extra)
        return sql, tuple(params) * 2

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template="(extract(epoch from %(expressions)s) * 1000000)::bigint", **extra)


class IsSet(Func):
    """1 where there is a value, 0 where there is none."""

    template = "CASE WHEN %(expressions)s IS NULL THEN 0 ELSE 1 END"
    output_field = IntegerField()


class Truly(Func):
    """1 for true, 0 for false and for null."""

    template = "CASE WHEN %(expressions)s THEN 1 ELSE 0 END"
    output_field = IntegerField()


class WholeIn(Func):
    """The whole number under `path` of a JSON column; null where there is none."""

    output_field = BigIntegerField()

    def __init__(self, column: str, *path: str) -> None:
        super().__init__(F(column))
        self.path = path

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"JSON_EXTRACT(%(expressions)s, '$.{'.'.join(self.path)}')", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"(%(expressions)s #>> '{{{','.join(self.path)}}}')::bigint", **extra)


class Above(Func):
    """1 where the first number is above both others and the second is above 0, else 0."""

    template = "%(expressions)s"
    arity = 3
    output_field = IntegerField()

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:  # type: ignore[override]
        (first, a), (second, b), (third, c) = (compiler.compile(each) for each in self.get_source_expressions())
        return f"CASE WHEN {second} > 0 AND {first} > {second} AND {first} > {third} THEN 1 ELSE 0 END", [*b, *a, *b, *a, *c]


def coded(column: str, words: Mapping[str, int]) -> Case:
    """The number of each word of `column`; NEVER for one that is none of `words`."""
    cases = (When(**{column: word}, then=Value(number)) for word, number in words.items())
    return Case(*cases, default=Value(NEVER), output_field=BigIntegerField())


def numbered(words: Sequence[str]) -> dict[str, int]:
    return {word: number for number, word in enumerate(words)}


class OrNever(Func):
    """The number, NEVER for null. PostgreSQL holds a time as a whole number, and sends that instead of working out another."""

    output_field = BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, template=f"COALESCE(%(expressions)s, {NEVER})", **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        [given] = self.get_source_expressions()
        if isinstance(given, Microseconds):
            # What is before all times is NEVER, as a number.
            time = given.as_sql(compiler, connection, template="%(expressions)s")
            return f"COALESCE({time[0]}, '-infinity'::timestamptz)", time[1]
        return self.as_sql(compiler, connection, template=f"COALESCE((%(expressions)s)::bigint, '{NEVER}'::bigint)", **extra)


def read(rows: QuerySet[Any], *named: str | Any) -> list[Whole]:
    """A column for each of `named`, in the order of `rows`. One query, read as a stream, past what Django does to every value."""
    asked = rows.values_list(*(OrNever(each) for each in named)).query
    try:
        sql, params = asked.sql_with_params()
    except EmptyResultSet:
        return [np.empty(0, dtype=np.int64) for _ in named]
    return read_sql(sql, params, len(named))


def read_sql(sql: str, params: Sequence[Any], width: int) -> list[Whole]:
    """The same for a statement that answers `width` whole numbers a row, none of them null; on PostgreSQL each a bigint or a time."""
    with connection.cursor() as cursor:
        return (_gathered if connection.vendor == "postgresql" else _fetched)(cursor, sql, params, width)


def _fetched(cursor: Any, sql: str, params: Sequence[Any], width: int) -> list[Whole]:
    cursor.execute(sql, params)
    parts = [np.empty((0, width), dtype=np.int64)]
    while rows := cursor.fetchmany(CHUNK):
        parts.append(np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * width).reshape(-1, width))
    return [np.concatenate([part[:, place] for part in parts]) for place in range(width)]


def _gathered(cursor: Any, sql: str, params: Sequence[Any], width: int) -> list[Whole]:
    """All values of a column as one array, the way PostgreSQL sends arrays, a column a row: nothing is done here for each of them."""
    told: Any = connection.ops
    names = [f"c{place}" for place in range(width)]
    arrays = ", ".join(f"array_send(array_agg({name})) AS {name}" for name in names)
    gathered = f"SELECT {arrays} FROM ({told.compose_sql(sql, params)}) told ({', '.join(names)})"
    each = f"SELECT one.* FROM ({gathered}) whole, LATERAL (VALUES {', '.join(f'({name})' for name in names)}) one"
    with connection.wrap_database_errors, _jumping_is_cheap(), cursor.copy(f"COPY ({each}) TO STDOUT (FORMAT BINARY)") as copy:
        return [_unwrapped(array) for (array,) in copy.rows()]


@contextmanager
def _jumping_is_cheap() -> Iterator[None]:
    """For what is read inside, a jump costs hardly more than the next page, as it is in memory and on solid-state disks. PostgreSQL's own setting
    is that of turning disks, with which it looks for the timeline of a quarter by reading everybody's.
    """
    driver = connection.connection
    driver.execute("SET random_page_cost = 1.1")
    try:
        yield
    finally:
        # What was set in a transaction that failed goes with it.
        if driver.info.transaction_status.name != "INERROR":
            driver.execute("RESET random_page_cost")


def _unwrapped(array: bytes | None) -> Whole:
    if array is None:
        return np.empty(0, dtype=np.int64)
    values = np.frombuffer(array, EACH, offset=ARRAY_HEAD)["value"].astype(np.int64)
    if int.from_bytes(array[TYPE_OF_ALL]) == TIMES:
        values[values != NEVER] += SINCE_2000
    return values


def along(rows: QuerySet[Any], path: str) -> QuerySet[Any]:
    """`rows`, in any order, so that their incidents, at `path`, are read as they came, the oldest first.

    SQLite would go service by service, back and forth through the tables, which takes half as long again; and what is read backwards is not
    read ahead, which takes three times as long where it comes from the disk. PostgreSQL knows better.
    """
    return rows.order_by(f"{path}opened_at") if connection.vendor == "sqlite" else rows.order_by()


def or_nothing(column: Whole) -> Whole:
    """Keys, with 0 where there is none."""
    return np.where(column == NEVER, 0, column)
