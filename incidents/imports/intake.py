"""Takes a log's rows in: sorts them by incident, sets aside what cannot be used, notes what is doubtful. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter

from portal.foundation.errors import InvalidInput

from .drafts import Record, Source
from .reading import LogFile, Row

Progress = Callable[[str, int, int], None]
ROWS_PER_PROGRESS = 500
# Of a row with too many cells this many surplus ones are kept for the file of rejected rows.
MOST_SURPLUS = 20


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that is not imported, as the file had it, and why."""

    line: int
    cells: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value that could not be understood."""

    line: int
    column: str
    value: str


@dataclass(frozen=True, slots=True)
class OutOfOrder:
    """A record that stands in the file after a later record of the same incident."""

    line: int
    number: str
    at: datetime
    earlier_row_at: datetime


@dataclass(slots=True)
class Intake:
    """What a file holds. `records` are by incident, in the order of the file."""

    file_name: str
    header: list[str]
    ignored_columns: list[str]
    sha256: str = ""
    rows_read: int = 0
    records: dict[str, list[Record]] = field(default_factory=dict)
    rejected: list[Rejection] = field(default_factory=list)
    duplicates: list[int] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    out_of_order: list[OutOfOrder] = field(default_factory=list)


def take_in(log: LogFile, source: Source, progress: Progress) -> Intake:
    """Reads the whole of `log`. Raises InvalidInput when the file as a whole cannot be used."""
    rows = log.rows()
    header = next(rows, None)
    if header is None:
        raise InvalidInput(f"{log.name} is empty.")
    intake, pick = _with_header(log, header, source)
    width, seen = len(header.cells), set[str]()
    shared: dict[str, str] = {}
    for row in rows:
        intake.rows_read += 1
        if intake.rows_read % ROWS_PER_PROGRESS == 0:
            progress("Reading", log.position, log.size)
        # A log repeats its words; one copy of each keeps a quarter in a tenth of the memory.
        cells = tuple([shared.setdefault(cell, cell) for cell in row.cells[: width + MOST_SURPLUS]])
        reason = row.problem or _unusable(row.cells, width)
        if not reason:
            try:
                _take(source.read_record(row.line, pick(cells), cells), intake, source, seen)
            except ValueError as error:
                reason = str(error)
        if reason:
            intake.rejected.append(Rejection(row.line, cells, reason))
    if not intake.rows_read:
        raise InvalidInput(f"{log.name} has a header but no rows.")
    progress("Reading", log.size, log.size)
    intake.sha256 = log.sha256
    return intake


def _with_header(log: LogFile, header: Row, source: Source) -> tuple[Intake, Callable[[tuple[str, ...]], tuple[str, ...]]]:
    names = [cell.strip().casefold() for cell in header.cells]
    missing = [column for column in source.columns if column not in names]
    if missing or header.problem:
        hint = " Its columns seem to be separated by something other than commas." if len(names) == 1 else ""
        lacks = (
            f"lacks {'all' if len(missing) == len(source.columns) else len(missing)} of the columns" if missing else "has a broken header"
        )
        raise InvalidInput(f"{log.name} is not a {source.name} incident log: it {lacks} {', '.join(missing)}.{hint}")
    twice = sorted({name for name in names if name in source.columns and names.count(name) > 1})
    if twice:
        raise InvalidInput(f"{log.name} has more than one column named {', '.join(twice)}. Remove the wrong one.")
    ignored = [cell.strip() for cell, name in zip(header.cells, names, strict=True) if name not in source.columns]
    intake = Intake(log.name, header.cells, ignored)
    if tuple(names) == source.columns:
        return intake, tuple
    return intake, itemgetter(*(names.index(column) for column in source.columns))


def _unusable(cells: list[str], width: int) -> str:
    if len(cells) != width:
        return f"the row has {len(cells)} cells, the header has {width}"
    if "\0" in "".join(cells):
        return "the row holds a NUL character"
    return ""


def _take(record: Record, intake: Intake, source: Source, seen: set[str]) -> None:
    if record.digest in seen:
        intake.duplicates.append(record.line)
        return
    seen.add(record.digest)
    intake.doubts.extend(Doubt(record.line, column, value) for column, value in source.doubts(record))
    records = intake.records.setdefault(record.number, [])
    if records and record.at < records[-1].at:
        intake.out_of_order.append(OutOfOrder(record.line, record.number, record.at, records[-1].at))
    records.append(record)
