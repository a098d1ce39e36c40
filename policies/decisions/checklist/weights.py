"""What a check is, and how heavily it speaks."""

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """What a finding does: an error blocks submission, a warning has to be accepted in words, a note informs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def label(self) -> str:
        return {"error": "To be put right", "warning": "To be accepted", "note": "Good to know"}[self.value]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at. `id` never changes its meaning: accepted warnings are kept by it."""

    id: str
    weight: Weight
    says: str
    remedy: str


ERROR, WARNING, NOTE = Weight.ERROR, Weight.WARNING, Weight.NOTE
