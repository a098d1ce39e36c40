"""The row of history before the newest one, asked for with each save: the question is put together once for each table."""

from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model

from portal.foundation.history_rows import BEFORE, kept_columns, own_key, row_before
from portal.foundation.statements import ask


def earlier_values(history: Any) -> dict[str, Any] | None:
    """The columns of a row as they were before `history`, its newest history row; None when that is the first.

    One query, unless it was asked for as `history` was written.
    """
    found = vars(history).get(BEFORE)
    table: type[Model] = type(history)
    if found is None:
        given = [field.get_db_prep_value(getattr(history, field.attname), connection) for field in (own_key(table), history._meta.pk)]
        found = ask(row_before(table, newest=False), given)
    for row in found:
        return {name: _converted(value, *how) for value, (name, *how) in zip(row, _told(table, connection.vendor), strict=True)}
    return None


def _converted(value: Any, converters: list[Any], column: Any) -> Any:
    for convert in converters:
        value = convert(value, column, connection)
    return value


@cache
def _told(table: type[Model], vendor: str) -> list[tuple[str, list[Any], Any]]:
    """What the answer holds: the attribute, and what makes its value of it."""
    told = []
    for name in kept_columns(table):
        column = table._meta.get_field(name).get_col(table._meta.db_table)  # type: ignore[union-attr]
        told.append((name, connection.ops.get_db_converters(column) + column.get_db_converters(connection), column))
    return told
