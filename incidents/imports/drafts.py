"""What every source is turned into before anything is written: records, and what they say about an incident. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a source's log.

    `at` is the record's time by the source's clock, `counter` the source's own count of changes (-1 when it gives none), `line` the
    line of the file that is being read, or 0 for a record known from an earlier import. `values` follow the source's columns,
    `meaning` is what the source reads in them, `cells` are the row as the file had it.
    """

    number: str
    at: datetime
    counter: int
    digest: str
    values: tuple[str, ...]
    meaning: Any
    line: int = 0
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the timeline; `kind` is one of TimelineEntry.Kind."""

    kind: str
    at: datetime
    who: str
    text: str
    why: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mentions:
    """Everything that an incident's records name, each once, in order of appearance. Components are (service, component)."""

    services: tuple[str, ...] = ()
    components: tuple[tuple[str, str], ...] = ()
    teams: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    resolving_changes: tuple[str, ...] = ()
    causing_changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IncidentDraft:
    """An incident as its records tell it, in names instead of keys. '' and None mean that the source does not know."""

    number: str
    title: str
    description: str
    service: str
    component: str
    team: str
    assigned_to: str
    caller: str
    impact: int | None
    urgency: int | None
    priority: int | None
    state: str
    hold_reason: str
    opened_at: datetime
    opened_by: str
    acknowledged_at: datetime | None
    acknowledged_by: str
    resolved_at: datetime | None
    resolved_by: str
    closed_at: datetime | None
    close_code: str
    reopen_count: int
    reassignment_count: int
    made_sla: bool | None
    mentions: Mentions
    story: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two figures of one incident that cannot both be right. `rule` groups the like; `words` give both figures."""

    rule: str
    line: int
    number: str
    words: str


@dataclass(frozen=True, slots=True)
class Folded:
    """What the records of one incident say together. `draft` is None when they cannot make an incident; `reason` then says why."""

    draft: IncidentDraft | None
    contradictions: tuple[Contradiction, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of log. `read_record(line, values, cells)` raises ValueError with the reason when a row cannot be used.

    `doubts` names the values of a record that could not be understood; `fold` takes one incident's records in their order.
    """

    key: str
    name: str
    columns: tuple[str, ...]
    unknown: str
    times: str
    read_record: Callable[[int, tuple[str, ...], tuple[str, ...]], Record]
    doubts: Callable[[Record], list[tuple[str, str]]]
    fold: Callable[[Sequence[Record]], Folded]

    def stored(self, record: Record) -> dict[str, str]:
        """The record's values by column as they are kept; a column that is not there had the source's word for 'not known'."""
        return {column: value for column, value in zip(self.columns, record.values, strict=True) if value != self.unknown}

    def restored(self, stored: dict[str, str]) -> tuple[str, ...]:
        """The values from which `stored` was made."""
        return tuple(stored.get(column, self.unknown) for column in self.columns)
