"""Questions that are asked before every answer: the ORM puts their words together once, later only the value is filled in."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.base import ModelState

from .statements import ask, vendor

M = TypeVar("M", bound=Model)
Converters = tuple[tuple[int, Callable[[Any], Any]], ...]
# Where the value stands in a question that is put together beforehand.
VALUE: Any = "value"


def first(question: Callable[[], QuerySet[M]], value: str) -> M | None:
    """The first row of `question`, asked with `value` in the place of its only VALUE. An annotation is an attribute of the row."""
    model, statement, names, converters = _put_together(question, vendor())
    rows = ask(statement, [value])
    if not rows:
        return None
    values = list(rows[0])
    for place, convert in converters:
        values[place] = convert(values[place])
    found: M = read_as(model, names, values)
    return found


def read_as(model: type[M], names: Sequence[str], values: Sequence[Any]) -> M:
    """`model.from_db(…)` at a fraction of its cost, without its signals: what is not among `names` is read when it is asked for."""
    row = model.__new__(model)
    row._state = ModelState()
    row._state.adding, row._state.db = False, connection.alias
    row.__dict__.update(zip(names, values, strict=True))
    return row


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
