"""Many rows of one table in one statement, without what the ORM does for each row beside it: for work in batches.

As `bulk_create`, it sends no signals and calls no `save`; besides, it reads no primary key back. The guards in the database see every row.
"""

import json
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection, models
from django.utils.duration import duration_microseconds

Stored = Callable[[Any], Any]
# A statement of more is no faster, and the database would have to read it as one.
MOST_A_STATEMENT = 500


def insert_all(rows: Sequence[models.Model], *, unless_there: bool = False) -> None:
    """Inserts instances of one model. `unless_there`: one that breaks a unique constraint is left out instead of raising IntegrityError."""
    if not rows:
        return
    model = type(rows[0])
    fields = _inserted(model)
    names, stored = [field.attname for field in fields], [as_stored(field) for field in fields]
    values = [[one(row.__dict__[name]) for name, one in zip(names, stored, strict=True)] for row in rows]
    quote = connection.ops.quote_name
    ignore = " OR IGNORE" if unless_there and connection.vendor == "sqlite" else ""
    into = f"INSERT{ignore} INTO {quote(model._meta.db_table)} ({', '.join(quote(field.column) for field in fields)}) VALUES "
    one_row = f"({', '.join(['%s'] * len(fields))})"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(into + one_row, values)
            return
        end = " ON CONFLICT DO NOTHING" if unless_there else ""
        for first in range(0, len(values), MOST_A_STATEMENT):
            some = values[first : first + MOST_A_STATEMENT]
            cursor.execute(into + ", ".join([one_row] * len(some)) + end, [value for row in some for value in row])


@cache
def _inserted(model: type[models.Model]) -> tuple[Any, ...]:
    """The columns that an insert names: not the key that the database counts up, nor what it works out itself."""
    return tuple(
        field
        for field in model._meta.concrete_fields
        if not field.generated and not isinstance(field, models.AutoField | models.BigAutoField)
    )


def as_stored(field: Any) -> Stored:
    """How a value of `field` is handed to this database's driver; of a relation, the row or its key."""
    if field.is_relation:
        key = as_stored(field.target_field)
        return lambda value: key(value.pk if isinstance(value, models.Model) else value)
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, models.CharField | models.TextField):
        return _text
    if connection.vendor != "sqlite":
        return _as_it_is
    if isinstance(field, models.DateTimeField):
        return _sqlite_moments()
    special: dict[type[models.Field[Any, Any]], Stored] = {models.DurationField: _microseconds, models.UUIDField: _hexadecimal}
    return special.get(type(field), _as_it_is)


def _as_it_is(value: Any) -> Any:
    return value


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _text(value: Any) -> str | None:
    """A choice's value, for the drivers do not all know it as text."""
    return value if value is None or type(value) is str else str(value)


def _sqlite_moments() -> Stored:
    """Rows of a batch mostly share their times."""
    adapted = connection.ops.adapt_datetimefield_value
    known: dict[datetime | None, str | None] = {None: None}

    def stored(value: datetime | None) -> str | None:
        if value not in known:
            known[value] = str(adapted(value))
        return known[value]

    return stored


def _microseconds(value: timedelta | None) -> int | None:
    return None if value is None else duration_microseconds(value)


def _hexadecimal(value: uuid.UUID | None) -> str | None:
    return None if value is None else value.hex
