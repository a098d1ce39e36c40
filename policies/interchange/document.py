"""A policy file as values. Pure: people, schedules and everything else that is meant are names here."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from policies.decisions.vocabulary import Comparison, Scale
from portal.foundation import words
from portal.foundation.errors import InvalidInput

FORMAT = "escalation-policy/1"
COMPARISONS = {"at least": Comparison.AT_LEAST, "above": Comparison.ABOVE, "at most": Comparison.AT_MOST, "below": Comparison.BELOW}
SCALES = {step.name.lower(): step for step in Scale}


@dataclass(frozen=True, slots=True)
class Row:
    """One row to be: what `kind` of row, where it stands in the file, its fields as the model names them, and the rows under it.

    `names` are fields that mean something by name: the field, what kind of thing it is ('person', 'team', …), and its name.
    """

    kind: str
    where: str
    fields: dict[str, Any]
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    rows: tuple["Row", ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """What a file says: which policy it is for, what that speaks for, and the content. `subject` is a service's key, a tier, a unit's name."""

    policy: str
    scope: str
    subject: str | int | None
    resolve_within: timedelta | None
    silent_after: timedelta | None
    repeats: int
    stakeholder_from: str
    rows: tuple[Row, ...]


def refusal(problems: list[str]) -> InvalidInput:
    """One error that says all of `problems`, each on its line."""
    said = words.counted(len(problems), "problem")
    return InvalidInput("\n".join([f"The file cannot be imported: {said}.", *problems]), {"": problems})
