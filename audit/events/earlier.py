"""The row of history before the newest one, asked for with each save: the question is put together once for each table."""

from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Model

from portal.foundation.statements import ask

BOOKKEEPING = {"history_id", "history_date", "history_change_reason", "history_type", "history_user", "history_user_id"}


class _Question(NamedTuple):
    """Fields of the history table: `own` is the row's own primary key, `told` what the answer holds, each with what makes its value of it."""

    statement: str
    own: Any
    told: list[tuple[str, list[Any], Any]]


def earlier_values(history: Any) -> dict[str, Any] | None:
    """The columns of a row as they were before `history`, its newest history row; None when that is the first. One query."""
    table: type[Model] = type(history)
    asked = _question(table, connection.vendor)
    given = [field.get_db_prep_value(getattr(history, field.attname), connection) for field in (asked.own, history._meta.pk)]
    for row in ask(asked.statement, given):
        return {name: _converted(value, converters, column) for value, (name, converters, column) in zip(row, asked.told, strict=True)}
    return None


@cache
def kept_columns(table: type[Model]) -> tuple[str, ...]:
    """The attributes of a table of history that are the row's own."""
    return tuple(field.attname for field in table._meta.concrete_fields if not {field.name, field.attname} & BOOKKEEPING)


def _converted(value: Any, converters: list[Any], column: Any) -> Any:
    for convert in converters:
        value = convert(value, column, connection)
    return value


@cache
def _question(model: Any, vendor: str) -> _Question:
    quoted = connection.ops.quote_name
    fields = [model._meta.get_field(name) for name in kept_columns(model)]
    own, newest = model._meta.get_field(model.instance_type._meta.pk.attname), model._meta.pk
    table, columns = quoted(model._meta.db_table), ", ".join(quoted(field.column) for field in fields)
    told = []
    for field in fields:
        column = field.get_col(model._meta.db_table)
        told.append((field.attname, connection.ops.get_db_converters(column) + column.get_db_converters(connection), column))
    statement = (
        f"SELECT {columns} FROM {table} WHERE {quoted(own.column)} = %s AND {quoted(newest.column)} < %s "  # noqa: S608 - names of models' tables
        f"ORDER BY {quoted(newest.column)} DESC LIMIT 1"
    )
    return _Question(statement, own, told)
