"""Columns that an auditor who was called in sees blank: other people's addresses, and why they were away."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable

from .held import appointment_of

M = TypeVar("M", bound=Model)
BLANK = "(not shown)"

MASKED: Mapping[str, tuple[str, ...]] = {
    "portal.user": ("email",),
    "portal.contactpoint": ("label", "address"),
    "policies.dutyabsence": ("kind",),
    "policies.dutyswap": ("reason", "answer"),
    "policies.oncalloverride": ("reason",),
}

# What no page shows to anybody is not asked for by the address of a list either: letter by letter that would tell it.
NEVER_ASKED: Mapping[str, tuple[str, ...]] = {
    "portal.user": ("password",),
    "portal.contactpoint": ("address",),
    "portal.apitoken": ("digest",),
    "portal.outboxmessage": ("title", "body"),
    "policies.calendarfeed": ("token_hash",),
    "policies.calendarsource": ("address", "pending_address"),
    "policies.dutypage": ("token_hash",),
}

# Why such a thing was done is told in the same words as stand in its columns.
UNTOLD = frozenset({"policies.dutyabsence", "policies.dutyswap", "policies.oncalloverride"})


def masked_columns(actor: Any, model: type[Model]) -> tuple[str, ...]:
    """The columns of `model` that `actor` does not see."""
    columns = MASKED.get(model._meta.label_lower, ())
    return columns if columns and appointment_of(actor) is not None else ()


def may_be_asked(actor: Any, model: type[Model], lookup: str) -> bool:
    """Whether a list of `model` may be looked up by `lookup`, such as 'password__startswith'."""
    column = lookup.split("__")[0]
    return column not in NEVER_ASKED.get(model._meta.label_lower, ()) and column not in masked_columns(actor, model)


def masked_for(actor: Any, rows: QuerySet[M]) -> QuerySet[M]:
    """`rows` as `actor` may see them."""
    columns = masked_columns(actor, rows.model)
    if not columns:
        return rows
    # Whoever sees blanks cannot save: such an account changes nothing.
    found: Any = rows.all()
    found._iterable_class = type("Blanked", (_Blanked,), {"columns": columns})
    return found  # type: ignore[no-any-return]


class _Blanked(ModelIterable):
    columns: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Any]:
        for row in super().__iter__():
            for name in self.columns:
                if row.__dict__.get(name):
                    row.__dict__[name] = BLANK
            yield row
