"""The priority matrix as nine selects of the version's form: all of them set, or none."""

from datetime import datetime
from itertools import product
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget

from policies.decisions.vocabulary import Priority, Scale
from policies.models import PolicyVersion, PriorityCell
from portal.foundation import words
from portal.foundation.base_models import delete_tracked, save_tracked

Cell = tuple[int, int]
CELLS: dict[str, Cell] = {f"cell_{impact}_{urgency}": (impact.value, urgency.value) for impact, urgency in product(Scale, Scale)}
CHOICES = [("", "–"), *((step.value, f"P{step.value}") for step in Priority)]


def cell_fields() -> dict[str, forms.Field]:
    """A select for each field of the matrix, named by impact and urgency."""
    return {
        name: forms.TypedChoiceField(
            choices=CHOICES,
            coerce=int,
            empty_value=None,
            required=False,
            label=f"Impact {Scale(impact).label.lower()}, urgency {Scale(urgency).label.lower()}",
            widget=UnfoldAdminSelectWidget,
        )
        for name, (impact, urgency) in CELLS.items()
    }


def cells_of(version: PolicyVersion) -> dict[str, int]:
    """What the matrix of `version` has, under the names of the fields. One query."""
    return {f"cell_{cell.impact}_{cell.urgency}": cell.priority for cell in version.priority_cells.all()}


def refuse_a_part(form: forms.BaseForm, data: dict[str, Any]) -> None:
    """Marks the fields that miss when some are set and others are not."""
    missing = [name for name in CELLS if data.get(name) is None and name not in form.errors]
    if not missing or len(missing) == len(CELLS):
        return
    for name in missing:
        form.add_error(name, f"Set all nine fields or none: {words.counted(len(missing), 'is', 'are')} missing.")


def save_cells(version: PolicyVersion, data: dict[str, Any], *, actor: Any, now: datetime, reason: str) -> None:
    """Makes the rows of `version` say what the form says; only what differs is touched."""
    rows = {(cell.impact, cell.urgency): cell for cell in version.priority_cells.all()}
    for name, (impact, urgency) in CELLS.items():
        wanted, row = data.get(name), rows.get((impact, urgency))
        if row is not None and wanted is None:
            delete_tracked(row, actor=actor, now=now, reason=reason)
        elif wanted is not None and (row is None or row.priority != wanted):
            row = row or PriorityCell(version=version, impact=impact, urgency=urgency)
            row.priority = wanted
            save_tracked(row, actor=actor, now=now, reason=reason)
