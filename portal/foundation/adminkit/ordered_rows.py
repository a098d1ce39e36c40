"""Rows that are numbered in an order people change: two of them may swap their numbers in one save."""

from collections import Counter
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F

# Beyond any number a form accepts, and within a small integer.
OUT_OF_THE_WAY = 10_000


class OrderedRow:
    """A row's form that leaves the uniqueness of its number to the whole set: each row alone would see the number its neighbour had."""

    renumbered = ""

    def _get_validation_exclusions(self) -> set[str]:
        excluded: set[str] = super()._get_validation_exclusions()  # type: ignore[misc]
        return excluded | {self.renumbered}


class OrderedRows:
    """A set of rows, each number once. `step_aside` frees the old numbers before the rows are saved one by one."""

    renumbered = ""

    def clean(self) -> None:
        super().clean()  # type: ignore[misc]
        numbers = Counter(form.cleaned_data.get(self.renumbered) for form in self._kept())
        twice = sorted(number for number, times in numbers.items() if number is not None and times > 1)
        if twice:
            raise ValidationError(f"{self.renumbered.capitalize()} {twice[0]} is given more than once. Give each row its own.")

    def step_aside(self) -> None:
        """Moves rows that get another number, or go, out of the way. Leaves no trace: the save that follows is what history tells."""
        forms: list[Any] = self.initial_forms  # type: ignore[attr-defined]
        moving = [form.instance.pk for form in forms if form in self.deleted_forms or self.renumbered in form.changed_data]  # type: ignore[attr-defined]
        if moving:
            model: Any = self.model  # type: ignore[attr-defined]
            model.objects.filter(pk__in=moving).update(**{self.renumbered: F(self.renumbered) + OUT_OF_THE_WAY})

    def _kept(self) -> list[Any]:
        forms: list[Any] = self.forms  # type: ignore[attr-defined]
        return [form for form in forms if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")]


def ordered(formset: type, field: str) -> type:
    """`formset` with rows that are numbered by `field`."""
    row = type("OrderedRowForm", (OrderedRow, formset.form), {"renumbered": field})  # type: ignore[attr-defined]
    return type(formset.__name__, (OrderedRows, formset), {"renumbered": field, "form": row})
