"""The row of history before the newest one, which was asked for as that one was written."""

from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model

from portal.foundation.history_rows import BEFORE, kept_columns
from portal.foundation.statements import vendor


def earlier_values(history: Any) -> dict[str, Any] | None:
    """The columns of a row as they were before `history`, a change that was written just now; None when nothing was before it."""
    table: type[Model] = type(history)
    for row in vars(history).get(BEFORE, ()):
        told = zip(row, _told(table, vendor()), strict=True)
        return {name: _converted(value, converters, column) if converters else value for value, (name, converters, column) in told}
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
