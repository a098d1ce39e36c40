"""Quarters of the calendar year, in UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

_PATTERN = re.compile(r"(?P<year>[0-9]{4})Q(?P<number>[1-4])", re.ASCII | re.IGNORECASE)
# Nothing that is told of a service happened before.
FIRST_YEAR = 1970
_ORDINALS = ("first", "second", "third", "fourth")


class NotAQuarter(ValueError):
    """The text names no quarter; the message says what would."""


class Progress(StrEnum):
    """How far a quarter has come at a time."""

    OVER = "over"
    RUNNING = "running"
    TO_COME = "to come"


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months of a year. Text form: 2016Q1."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """The quarter that `text` names. Raises NotAQuarter with a sentence for a person."""
        found = _PATTERN.fullmatch(text.strip())
        # datetime ends with year 9999, where a fourth quarter would have no end.
        if found is None or not 1 <= int(found["year"]) <= 9998:
            raise NotAQuarter(f"'{text[:40]}' is not a quarter; write the year and Q1 to Q4, such as 2016Q1.")
        return cls(int(found["year"]), int(found["number"]))

    @classmethod
    def asked_for(cls, text: str, now: datetime) -> "Quarter":
        """The quarter that a person or a machine asks for: one that runs or is over. Raises NotAQuarter with a sentence that says which may be."""
        found, running = _PATTERN.fullmatch(text.strip()), cls.of(now)
        if found is not None and not (FIRST_YEAR, 1) <= (int(found["year"]), int(found["number"])) <= (running.year, running.number):
            raise NotAQuarter(f"{found[0].upper()} cannot be asked for; choose a quarter from {FIRST_YEAR}Q1 to {running}, which runs.")
        return cls.parse(text)

    @classmethod
    def of(cls, moment: datetime) -> "Quarter":
        """The quarter that `moment` lies in, by UTC."""
        utc = moment.astimezone(UTC)
        return cls(utc.year, (utc.month + 2) // 3)

    @property
    def start(self) -> datetime:
        """Its first instant."""
        return datetime(self.year, 3 * self.number - 2, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """The first instant of the next quarter."""
        return self.next.start

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)

    @property
    def previous(self) -> "Quarter":
        return Quarter(self.year - 1, 4) if self.number == 1 else Quarter(self.year, self.number - 1)

    @property
    def words(self) -> str:
        return f"{_ORDINALS[self.number - 1]} quarter of {self.year}"

    @property
    def days_in_words(self) -> str:
        """Such as '1 January to 31 March 2016'."""
        last = self.end - timedelta(days=1)
        return f"1 {self.start:%B} to {last.day} {last:%B} {self.year}"

    def progress(self, now: datetime) -> Progress:
        if now >= self.end:
            return Progress.OVER
        return Progress.RUNNING if now >= self.start else Progress.TO_COME

    def __str__(self) -> str:
        return f"{self.year:04d}Q{self.number}"


def weeks_of(quarter: Quarter) -> tuple[datetime, ...]:
    """The first day of each week (Monday to Sunday) in the quarter; the first week begins with the quarter, however short it is."""
    days = [quarter.start]
    monday = quarter.start + timedelta(days=7 - quarter.start.weekday())
    while monday < quarter.end:
        days.append(monday)
        monday += timedelta(days=7)
    return tuple(days)
