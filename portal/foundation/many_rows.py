"""Many rows of one table written in one statement, without what the ORM does for each row beside it: for work in batches.

As `bulk_create` and `update`, it sends no signals and calls no `save`, and it reads no primary key back. The guards in the database see
every row. PostgreSQL gets the rows as one JSON text, which the driver has not to take apart; SQLite runs one statement again and again.
"""

# ruff: noqa: S608 - names of models' tables and columns; values are parameters
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.base import ModelState
from django.utils.duration import duration_microseconds

from .statements import ask, change, vendor

Stored = Callable[[Any], Any]
Row = TypeVar("Row", bound=models.Model)


def insert_all(rows: Sequence[models.Model], *, unless_there: bool = False) -> int:
    """Inserts instances of one model, all with keys of their own or none; how many there were.

    `unless_there`: one that breaks a unique constraint is left out instead of raising IntegrityError.
    """
    if not rows:
        return 0
    way = _way_in(vendor(), type(rows[0]), keyed=rows[0].pk is not None)
    values = [[held[name] if one is _as_it_is else one(held[name]) for name, one in way.stored] for held in map(vars, rows)]
    end = " ON CONFLICT DO NOTHING" if unless_there else ""
    if vendor() != "sqlite":
        return change(way.statement + end, [_as_json(way.fields, values)])
    with connection.cursor() as cursor:
        cursor.executemany(way.statement + end, values)
        return int(cursor.rowcount)


def made(model: type[Row], **values: Any) -> Row:
    """`model(**values)` at a quarter of its cost, for rows by the hundred: values are taken as they are, relations as rows or by `…_id`."""
    blank, fresh, relations = _blank(model)
    row = model.__new__(model)
    row._state = ModelState()
    row.__dict__.update(blank)
    for name, default in fresh:
        if name not in values:
            row.__dict__[name] = default()
    for name, value in values.items():
        if name in relations:
            row._state.fields_cache[name] = value
            name, value = relations[name], None if value is None else value.pk
        row.__dict__[name] = value
    return row


class QuicklyInserted(models.Model):
    """Saved as every model is, signals included; only the INSERT's words are put together once. Its values are plain, not expressions."""

    class Meta:
        abstract = True

    def _do_insert(self, manager: Any, using: Any, fields: Any, returning_fields: Any, raw: bool) -> Any:
        return _inserted(self, ", ".join(_quoted(field.column) for field in returning_fields))


def insert_one(row: models.Model) -> None:
    """Inserts `row` and gives it the key that the database counts, without the signals of a model that is saved."""
    [[row.pk]] = _inserted(row, _key(type(row)))
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS


def insert_one_and_ask(row: models.Model, question: str, given: Sequence[Any]) -> list[tuple[Any, ...]]:
    """As `insert_one`, and what `question` answered just before; PostgreSQL does both in one statement. One row at most is answered."""
    if vendor() == "sqlite":
        found = ask(question, given)
        insert_one(row)
        return found
    way = _way_in("postgresql", type(row), keyed=False)
    values = [one(row.__dict__[name]) for name, one in way.stored]
    [[row.pk, there, *answer]] = ask(_both(type(row), question), [*given, _as_json(way.fields, [values])])
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return [tuple(answer)] if there else []


@cache
def _both(model: type[models.Model], question: str) -> str:
    return (
        f"WITH asked AS (SELECT true, one.* FROM ({question}) one), "
        f"written AS ({_way_in('postgresql', model, keyed=False).statement} RETURNING {_key(model)}) "
        "SELECT written.*, asked.* FROM written LEFT JOIN asked ON true"
    )


@cache
def _key(model: type[models.Model]) -> str:
    return _quoted(str(model._meta.pk.column))


def _inserted(row: models.Model, back: str) -> list[Any]:
    """Inserts one row; the values of the columns `back`, if any."""
    way = _way_in(vendor(), type(row), keyed=row.pk is not None)
    values = [one(row.__dict__[name]) for name, one in way.stored]
    end = f" RETURNING {back}" if back else ""
    return ask(way.statement + end, values if vendor() == "sqlite" else [_as_json(way.fields, [values])])


def next_key(model: type[models.Model]) -> int:
    """The key that the next row of `model` would get, taken for the caller: for a row that tells its own key. Within a transaction."""
    return next_keys(model, 1)[0]


def next_keys(model: type[models.Model], how_many: int) -> list[int]:
    """The same for several rows, which `insert_all` then takes with these keys."""
    table = model._meta.db_table
    if vendor() == "sqlite":
        # Nobody else writes until the transaction ends.
        [[last]] = ask("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = %s", [table])
        return [last + place for place in range(1, how_many + 1)]
    found = ask(
        "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [_quoted(table), str(model._meta.pk.column), how_many]
    )
    return [key for (key,) in found]


def update_all(model: type[models.Model], rows: Sequence[tuple[int, int, Mapping[str, Any]]], *, fence: str) -> int:
    """Updates rows by primary key, each only while its column `fence` still has the value given; how many there were.

    `rows` are primary key, value of the fence, and the values of the other columns, which all rows name alike; the fence is raised by one.
    """
    if not rows:
        return 0
    fields: list[Any] = [model._meta.get_field(name) for name in ("id", fence, *rows[0][2])]
    stored = [_as_stored(field, vendor()) for field in fields]
    values = [[one(value) for one, value in zip(stored, (key, old, *new.values()), strict=True)] for key, old, new in rows]
    table, columns = _quoted(model._meta.db_table), [_quoted(field.column) for field in fields]
    with connection.cursor() as cursor:
        if vendor() == "sqlite":
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


@cache
def _blank(model: type[models.Model]) -> tuple[dict[str, Any], tuple[tuple[str, Callable[[], Any]], ...], dict[str, str]]:
    """What every column holds unless something else is said, what is made anew for every row, and the column of each relation."""
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    fresh = tuple((field.attname, field.default) for field in fields if field.has_default() and callable(field.default))
    blank = {field.attname: field.get_default() for field in fields}
    return blank, fresh, {field.name: field.attname for field in fields if field.is_relation}


def _recordset(table: str) -> str:
    return f"json_populate_recordset(NULL::{table}, %s)"


def _as_json(fields: Sequence[Any], values: Sequence[Sequence[Any]]) -> str:
    names = [field.column for field in fields]
    return json.dumps([dict(zip(names, row, strict=True)) for row in values])


class _Way(NamedTuple):
    """An INSERT of one row or of many, and by attribute how the values of its columns are handed to this database."""

    fields: tuple[Any, ...]
    statement: str
    stored: tuple[tuple[str, Stored], ...]


@cache
def _way_in(vendor: str, model: type[models.Model], *, keyed: bool) -> _Way:
    """Of all columns but those that the database works out itself, and but the key that it counts up unless the rows are `keyed`."""
    known = [field for field in model._meta.concrete_fields if not field.generated]
    fields = tuple(field for field in known if keyed or field is not model._meta.auto_field)
    table, columns = _quoted(model._meta.db_table), ", ".join(_quoted(str(field.column)) for field in fields)
    given = f"VALUES ({', '.join(['%s'] * len(fields))})" if vendor == "sqlite" else f"SELECT {columns} FROM {_recordset(table)}"
    stored = tuple((field.attname, _as_stored(field, vendor)) for field in fields)
    return _Way(fields, f"INSERT INTO {table} ({columns}) {given}", stored)


def stored_in(field: Any) -> Stored:
    """How a value of `field` is given to `ask` and `change`."""
    return _as_stored(field, vendor())


def _as_stored(field: Any, vendor: str) -> Stored:
    """How a value of `field` is handed to this database; of a relation, the row or its key."""
    if field.is_relation:
        key = _as_stored(field.target_field, vendor)
        return lambda value: key(value.pk if isinstance(value, models.Model) else value)
    if hasattr(field, "purpose"):
        # A sealed column says itself how it is stored.
        return lambda value: field.get_db_prep_save(value, connection)
    if isinstance(field, models.DecimalField):
        return _unless_none(lambda value: str(field.get_db_prep_save(value, connection)))
    known = _known(vendor)
    return next((known[kind] for kind in type(field).__mro__ if kind in known), _as_it_is)


@cache
def _known(vendor: str) -> dict[type, Stored]:
    sqlite = vendor == "sqlite"
    return {
        models.DateTimeField: _unless_none(sqlite_moment if sqlite else datetime.isoformat),
        models.DateField: _unless_none(str),
        models.TimeField: _unless_none(str),
        models.DurationField: _unless_none(duration_microseconds if sqlite else _interval),
        models.UUIDField: _unless_none(uuid.UUID.hex.fget if sqlite else str),  # type: ignore[attr-defined]
        models.JSONField: _unless_none(json.dumps) if sqlite else _as_it_is,
        models.BinaryField: _as_it_is if sqlite else _unless_none(_hexadecimal),
        models.CharField: _text,
        models.TextField: _text,
    }


@lru_cache(maxsize=256)
def sqlite_moment(value: datetime) -> str:
    """As Django has it stored. Rows of a batch, and the rows of one act, mostly share their times."""
    return str(value.replace(tzinfo=None) if value.tzinfo is UTC else connection.ops.adapt_datetimefield_value(value))


def _as_it_is(value: Any) -> Any:
    return value


def _text(value: Any) -> str | None:
    """A choice's value, for the drivers do not all know it as text."""
    return value if value is None or type(value) is str else str(value)


def _hexadecimal(value: bytes) -> str:
    """As PostgreSQL reads bytes from a text."""
    return f"\\x{bytes(value).hex()}"


def _interval(value: timedelta) -> str:
    return f"{value.days} days {value.seconds}.{value.microseconds:06} seconds"


def _unless_none(stored: Stored) -> Stored:
    return lambda value: None if value is None else stored(value)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
