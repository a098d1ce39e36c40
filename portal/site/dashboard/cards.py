"""What a work list is made of."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Row:
    """One thing to do or to know: a line, an address to open, and when it happened or is due."""

    text: str
    url: str = ""
    at: datetime | None = None
    at_means: str = ""
    action: str = "Open"
    severity: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A heading with its rows; `empty` says what belongs here and why there is nothing."""

    key: str
    title: str
    empty: str
    rows: tuple[Row, ...] = field(default=())
    more_url: str = ""
    loud: bool = False
    total: int | None = None

    @property
    def count(self) -> int:
        return len(self.rows) if self.total is None else self.total
