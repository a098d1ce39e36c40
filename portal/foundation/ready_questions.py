"""Questions that are asked before every answer: the ORM puts their words together once, later only the value is filled in."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
Converters = tuple[tuple[int, Callable[[Any], Any]], ...]
# Where the value stands in a question that is put together beforehand.
VALUE: Any = "value"


def first(question: Callable[[], QuerySet[M]], value: str) -> M | None:
    """The first row of `question`, asked with `value` in the place of its only VALUE. An annotation is an attribute of the row."""
    model, statement, names, converters = _put_together(question, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(statement, [value])
        row = cursor.fetchone()
    if row is None:
        return None
    values = list(row)
    for place, convert in converters:
        values[place] = convert(values[place])
    columns = len(model._meta.concrete_fields)
    found: M = model.from_db(connection.alias, names[:columns], values[:columns])
    found.__dict__.update(zip(names[columns:], values[columns:], strict=True))
    return found


@cache
def _put_together(question: Callable[[], QuerySet[M]], vendor: str) -> tuple[type[M], str, tuple[str, ...], Converters]:
    asked = question().order_by()
    compiler = asked.query.get_compiler(connection=connection)
    statement, values = compiler.as_sql()
    if list(values) != [VALUE]:
        raise ValueError("A question that is put together once has one value, and VALUE stands in its place.")
    known = compiler.get_converters([column for column, _, _ in compiler.select])
    converters = tuple((place, _one(convert, column)) for place, (all_of_it, column) in known.items() for convert in all_of_it)
    names = (*(field.attname for field in asked.model._meta.concrete_fields), *asked.query.annotation_select)
    return asked.model, str(statement), names, converters


def _one(convert: Callable[..., Any], column: Any) -> Callable[[Any], Any]:
    return lambda value: convert(value, column, connection)
