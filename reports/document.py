"""ReportDocument: what a report says, with no word on how it looks. Every exporter eats it, so every format says the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

Cell = str | int | float | bool | datetime | None

_DURATION_STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"))


class Kind(StrEnum):
    """The type of a column. Durations are seconds, percents run from 0 to 100, times are aware and shown in UTC."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    DURATION = "duration"
    PERCENT = "percent"
    DATETIME = "datetime"
    YES_NO = "yes_no"

    @property
    def is_number(self) -> bool:
        return self in {Kind.INTEGER, Kind.NUMBER, Kind.DURATION, Kind.PERCENT}


@dataclass(frozen=True, slots=True)
class Column:
    """A typed column. `key` is for machines and stable, `title` for people; `unit` is what its numbers count in."""

    key: str
    title: str
    kind: Kind = Kind.TEXT

    @property
    def unit(self) -> str:
        return {Kind.DURATION: "seconds", Kind.PERCENT: "%", Kind.DATETIME: "UTC"}.get(self.kind, "")

    @property
    def align(self) -> str:
        return "right" if self.kind.is_number else "left"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under typed columns. `on_paper` says whether the PDF shows it: lists with a row an incident stay out of it.

    `whole` tables stand on paper to the last row; of the others the PDF shows the beginning.
    """

    key: str
    title: str
    description: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    on_paper: bool = True
    whole: bool = False


class FigureKind(StrEnum):
    """What a chart looks like: columns over weeks, one small chart a series, bars with names, or median to 90th percentile."""

    COLUMNS = "columns"
    SMALL_MULTIPLES = "small_multiples"
    BARS = "bars"
    RANGES = "ranges"


@dataclass(frozen=True, slots=True)
class Series:
    """One row of values, one a category of its figure; None where there is nothing to show. `tone` names its colour."""

    name: str
    values: tuple[float | None, ...]
    tone: str = "accent"


@dataclass(frozen=True, slots=True)
class Figure:
    """The data of a chart with its words. `description` is for those who cannot see it, `note` stands under it for everybody."""

    key: str
    kind: FigureKind
    title: str
    description: str
    category_label: str
    value_label: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    value_kind: Kind = Kind.INTEGER
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter: text, then lines to be typed as they stand (`code`), then figures, then tables."""

    key: str
    title: str
    paragraphs: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    code: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure means. `name` is the one it has in the JSON."""

    name: str
    title: str
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """What one analysis adds to a report: its sections, its part of the JSON under its key, and the definitions of its figures.

    `summary` goes to the summary of the whole, a paragraph each, for readers with one minute; `opening` stands before everybody's.
    """

    key: str
    sections: tuple[Section, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)
    definitions: tuple[Definition, ...] = ()
    summary: tuple[str, ...] = ()
    opening: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """A whole report. `name` begins its file names; `facts` are the lines of the title page; `content` is the machine's head of it."""

    name: str
    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    highlights: tuple[tuple[str, str], ...]
    summary: tuple[str, ...]
    sections: tuple[Section, ...]
    definitions: tuple[Definition, ...]
    notes: tuple[str, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table in order, the definitions last."""
        return (*(table for section in self.sections for table in section.tables), self.definitions_table)

    @property
    def definitions_table(self) -> Table:
        columns = (Column("name", "Name"), Column("title", "Figure"), Column("unit", "Unit"), Column("definition", "Definition"))
        rows = tuple((each.name, each.title, each.unit, each.text) for each in self.definitions)
        return Table("definitions", "Definitions", "What each figure means.", columns, rows, on_paper=False)


def shown(value: Cell, kind: Kind) -> str:
    """`value` as people read it: 10,000; 2.5 %; 1 h 20 min; 2016-03-01 10:12. An en dash where there is none."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, str):
        return value
    if kind is Kind.DURATION:
        return duration_in_words(value)
    return f"{number_in_words(value)} %" if kind is Kind.PERCENT else number_in_words(value)


def number_in_words(value: float) -> str:
    """With thousands separators, at most one decimal, none that is zero; anything between nothing and 0.05 is '< 0.1'."""
    if 0 < value < 0.05:
        return "< 0.1"
    text = f"{value:,.1f}"
    return text.removesuffix(".0")


def duration_in_words(seconds: float) -> str:
    """The two largest units that matter: '45 s', '1 min 35 s', '12 min', '1 h 20 min', '3 d 4 h'; negative ones with a minus sign.

    From ten minutes on seconds do not matter.
    """
    if seconds < 0:
        return f"−{duration_in_words(-seconds)}"
    if seconds < 60:
        return f"{number_in_words(seconds)} s"
    if round(seconds) < 600:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    for position, (size, unit) in enumerate(_DURATION_STEPS):
        # The smaller unit is rounded first, so that 59 min 59 s reads '1 h' and never '60 min'.
        smaller, smaller_unit = _DURATION_STEPS[position + 1] if position + 1 < len(_DURATION_STEPS) else (60, "")
        rounded = round(seconds / smaller) * smaller
        if rounded >= size:
            whole, rest = divmod(rounded, size)
            tail = f" {rest // smaller} {smaller_unit}" if smaller_unit and rest else ""
            return f"{whole:,} {unit}{tail}"
    return "1 min"
