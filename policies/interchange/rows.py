"""The rows of a policy file as rows of the database, not saved yet."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from policies.governance.models import PolicyVersion
from policies.messages.models import AnnouncementProtocol, MessageTemplate
from policies.pathways.models import Level, SeverityOverride, Target
from policies.severity.models import BusinessThreshold, Criterion, ExceptionRule, PriorityCell, Threshold
from portal.foundation.base_models import save_tracked

from .document import Row
from .names import Found

# A kind of row: its table, and the foreign key by which it hangs on what is above it.
MODELS: dict[str, tuple[type[Model], str]] = {
    "level": (Level, "version"),
    "target": (Target, "level"),
    "severity_rule": (SeverityOverride, "version"),
    "threshold": (Threshold, "version"),
    "criterion": (Criterion, "threshold"),
    "business": (BusinessThreshold, "version"),
    "cell": (PriorityCell, "version"),
    "exception": (ExceptionRule, "version"),
    "message": (MessageTemplate, "version"),
    "announcement": (AnnouncementProtocol, "version"),
}


class Rows:
    """The rows of a file with their names looked up and every field checked; `problems` says what does not fit."""

    def __init__(self, told: tuple[Row, ...]) -> None:
        self.found, self.problems = Found(told), list[str]()
        self.rows = [(self._row(row), [self._row(below) for below in row.rows], row) for row in told]

    def save(self, version: PolicyVersion, *, actor: Any, now: datetime, reason: str) -> None:
        """Saves them as the content of `version`, each with its history."""
        for model, below, told in self.rows:
            pairs: list[tuple[Model, str, Model]] = [(model, told.kind, version)]
            pairs += [(each, row.kind, model) for each, row in zip(below, told.rows, strict=True)]
            for row, kind, above in pairs:
                setattr(row, MODELS[kind][1], above)
                save_tracked(row, actor=actor, now=now, reason=reason)

    def _row(self, told: Row) -> Model:
        model, above = MODELS[told.kind]
        missing = list(self.found.problems(told))
        row = model(**told.fields, **self.found.values(told))
        # What names something unknown is told once, not again as an empty field.
        self.problems += missing or _misfits(row, told.where, above)
        return row


def _misfits(row: Model, where: str, above: str) -> Iterator[str]:
    try:
        row.full_clean(exclude=[above])
    except ValidationError as error:
        for name, texts in error.message_dict.items():
            yield from (f"{where}{'' if name == '__all__' else f', {name}'}: {text}" for text in texts)
