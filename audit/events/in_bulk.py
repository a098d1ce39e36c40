"""Rows written by the hundred past `save()`: each leaves the event that it would leave if it were saved by itself, all in a few statements."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models

from portal.foundation.history_rows import BOOKKEEPING

from .naming import owner_of, personal_columns
from .receivers import plain
from .services import Act, object_as_recorded

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Telling:
    """What the events of a batch are called, and what each tells beside what its row was and is. Without `verb`: as for a row by itself."""

    verb: str = ""
    details: Callable[[Any], dict[str, Any]] = lambda row: {}


def values_of(row: models.Model) -> dict[str, Any]:
    """The columns that the history of `row` keeps, as an event tells them."""
    return {name: plain(getattr(row, name)) for name in _kept(type(row))}


def acts_of(rows: Sequence[models.Model], *, before: Mapping[Any, Values], history: Mapping[Any, Any], told: Telling, by: Act) -> list[Act]:
    """An act about each of `rows`, which are as they are stored now, with the actor, time and reason of `by`.

    `before` holds by key what changed rows were, `history` by key the row of the history. A row that did not change is left out unless what
    happened to it has a `verb`.
    """
    found = []
    for row in rows:
        change = _change(row, before.get(row.pk), history.get(row.pk))
        if change is not None or told.verb:
            verb = told.verb or f"record.{change['kind']}"  # type: ignore[index]
            found.append(Act(verb, by.actor, row, by.now, by.why, details=told.details(row), changes=[change] if change else []))
    return found


def _change(row: models.Model, before: Values | None, history: Any) -> dict[str, Any] | None:
    after, kind = values_of(row), "created" if before is None else "changed"
    if before is not None:
        differing = sorted(name for name in after if after[name] != before.get(name))
        if not differing:
            return None
        before, after = {name: before.get(name) for name in differing}, {name: after[name] for name in differing}
    label = row._meta.label_lower
    owner = owner_of(label, row)
    return {
        **object_as_recorded(row),
        "kind": kind,
        "history_id": str(history),
        "before": personal_columns(label, before or {}, owner),
        "after": personal_columns(label, after, owner),
    }


@cache
def _kept(model: Any) -> tuple[str, ...]:
    columns = model.history.model._meta.concrete_fields
    return tuple(column.attname for column in columns if not {column.name, column.attname} & BOOKKEEPING)
