"""Many rows of one table written in one statement, without what the ORM does for each row beside it: for work in batches.

As `bulk_create` and `update`, it sends no signals and calls no `save`, and it reads no primary key back. The guards in the database see
every row. PostgreSQL gets the rows as one JSON text, which the driver has not to take apart; SQLite runs one statement again and again.
"""

# ruff: noqa: S608 - names of models' tables and columns; values are parameters
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection, models
from django.utils.duration import duration_microseconds

Stored = Callable[[Any], Any]


def insert_all(rows: Sequence[models.Model], *, unless_there: bool = False) -> int:
    """Inserts instances of one model; how many there were.

    `unless_there`: one that breaks a unique constraint is left out instead of raising IntegrityError.
    """
    if not rows:
        return 0
    model = type(rows[0])
    fields = _inserted(model)
    stored = [(field.attname, _as_stored(field)) for field in fields]
    values = [[one(row.__dict__[name]) for name, one in stored] for row in rows]
    table, columns = _quoted(model._meta.db_table), [_quoted(field.column) for field in fields]
    into = f"INTO {table} ({', '.join(columns)})"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            ignored = "OR IGNORE " if unless_there else ""
            cursor.executemany(f"INSERT {ignored}{into} VALUES ({', '.join(['%s'] * len(fields))})", values)
        else:
            end = " ON CONFLICT DO NOTHING" if unless_there else ""
            cursor.execute(f"INSERT {into} SELECT {', '.join(columns)} FROM {_recordset(table)}{end}", [_as_json(fields, values)])
        return int(cursor.rowcount)


def update_all(model: type[models.Model], rows: Sequence[tuple[int, int, Mapping[str, Any]]], *, fence: str) -> int:
    """Updates rows by primary key, each only while its column `fence` still has the value given; how many there were.

    `rows` are primary key, value of the fence, and the values of the other columns, which all rows name alike; the fence is raised by one.
    """
    if not rows:
        return 0
    fields: list[Any] = [model._meta.get_field(name) for name in ("id", fence, *rows[0][2])]
    stored = [_as_stored(field) for field in fields]
    values = [[one(value) for one, value in zip(stored, (key, old, *new.values()), strict=True)] for key, old, new in rows]
    table, columns = _quoted(model._meta.db_table), [_quoted(field.column) for field in fields]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            given = "".join(f", {column} = %s" for column in columns[2:])
            statement = f"UPDATE {table} SET {columns[1]} = {columns[1]} + 1{given} WHERE {columns[0]} = %s AND {columns[1]} = %s"
            cursor.executemany(statement, [[*new, key, old] for key, old, *new in values])
        else:
            given = "".join(f", {column} = new.{column}" for column in columns[2:])
            same = " AND ".join(f"old.{column} = new.{column}" for column in columns[:2])
            raised = f"{columns[1]} = old.{columns[1]} + 1"
            statement = f"UPDATE {table} old SET {raised}{given} FROM {_recordset(table)} new WHERE {same}"
            cursor.execute(statement, [_as_json(fields, values)])
        return int(cursor.rowcount)


def _recordset(table: str) -> str:
    return f"json_populate_recordset(NULL::{table}, %s)"


def _as_json(fields: Sequence[Any], values: Sequence[Sequence[Any]]) -> str:
    names = [field.column for field in fields]
    return json.dumps([dict(zip(names, row, strict=True)) for row in values])


@cache
def _inserted(model: type[models.Model]) -> tuple[Any, ...]:
    """The columns that an insert names: not the key that the database counts up, nor what it works out itself."""
    counted = (models.AutoField, models.BigAutoField)
    return tuple(field for field in model._meta.concrete_fields if not field.generated and not isinstance(field, counted))


def _as_stored(field: Any) -> Stored:
    """How a value of `field` is handed to this database; of a relation, the row or its key."""
    if field.is_relation:
        key = _as_stored(field.target_field)
        return lambda value: key(value.pk if isinstance(value, models.Model) else value)
    if type(field) is models.DateTimeField:
        return _once_each(connection.ops.adapt_datetimefield_value if connection.vendor == "sqlite" else datetime.isoformat)
    return _known(connection.vendor).get(type(field), _as_it_is)


@cache
def _known(vendor: str) -> dict[type, Stored]:
    sqlite = vendor == "sqlite"
    return {
        models.DurationField: _unless_none(duration_microseconds if sqlite else _interval),
        models.UUIDField: _unless_none(uuid.UUID.hex.fget if sqlite else str),  # type: ignore[attr-defined]
        models.JSONField: _unless_none(json.dumps) if sqlite else _as_it_is,
        models.CharField: _text,
        models.TextField: _text,
    }


def _as_it_is(value: Any) -> Any:
    return value


def _text(value: Any) -> str | None:
    """A choice's value, for the drivers do not all know it as text."""
    return value if value is None or type(value) is str else str(value)


def _interval(value: timedelta) -> str:
    return f"{value.days} days {value.seconds}.{value.microseconds:06} seconds"


def _unless_none(stored: Stored) -> Stored:
    return lambda value: None if value is None else stored(value)


def _once_each(stored: Stored) -> Stored:
    """Rows of a batch mostly share their times."""
    known: dict[Any, Any] = {None: None}

    def one(value: Any) -> Any:
        if value not in known:
            known[value] = str(stored(value))
        return known[value]

    return one


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
