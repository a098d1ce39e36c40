"""Taking out what the log shows, as CSV or JSON Lines: written as it is read, so that a long export takes no more memory than a short one."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from audit.events.alone import tell
from audit.ledger.models import LedgerEvent
from portal.foundation.access.checks import require
from portal.foundation.errors import InvalidInput
from portal.foundation.spreadsheet_cells import never_a_formula

from .filters import Filters, as_content, as_json, in_utc
from .models import SavedViewVersion
from .searching import walk
from .services import sha256_of
from .showing import Shown, shown_all

RIGHT = "audit.export_ledgerevent"
AT_ONCE = 200
COLUMNS = (
    *("event", "id", "happened (UTC)", "type", "outcome", "who", "account", "did", "about", "kind", "key", "why", "channel", "address"),
    *("request", "changes"),
)
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Taken:
    """An export that is about to be written: its file's name, its media type and its parts."""

    name: str
    content_type: str
    parts: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Head:
    """What the file says of itself: who took what, when and by which version of a view; and up to which event."""

    filters: Filters
    told: str
    version: SavedViewVersion | None
    by: str
    at: datetime
    newest: int

    def lines(self) -> list[tuple[str, str]]:
        """Names and values, in the file's order."""
        view = f"{self.version.view.name}, version {self.version.number}" if self.version else "none"
        return [
            ("audit trail", self.told),
            ("view", view),
            ("filters", as_json(self.filters)),
            ("sha256 of the filters", sha256_of(self.filters)),
            ("exported by", self.by),
            ("exported at", in_utc(self.at)),
            ("up to event", str(self.newest)),
        ]


def export_trail(
    filters: Filters, *, actor: Any, now: datetime, form: str, told: str = "", version: SavedViewVersion | None = None
) -> Taken:
    """Takes out every event that `filters` ask for and that is there now. That it is taken is an event, written before the first line.

    `told` says the filters in words; `version` is the view's whose filters they are. Raises NotAllowed, and InvalidInput for another form.
    """
    require(actor, RIGHT, to="take events out of the audit trail")
    if form not in TYPES:
        raise InvalidInput("Choose CSV or JSON Lines.", {"form": [f"Known: {', '.join(TYPES)}."]})
    newest = LedgerEvent.objects.order_by("-id").values_list("pk", flat=True).first() or 0
    head = Head(filters, told, version, str(actor), now, newest)
    tell(
        "trail.exported",
        actor=actor,
        now=now,
        subject=version.view if version else None,
        filters=as_json(filters),
        sha256=sha256_of(filters),
        version=version.number if version else 0,
        form=form,
        newest=newest,
    )
    written = _as_csv if form == "csv" else _as_json_lines
    return Taken(f"audit-trail-{now:%Y-%m-%d-%H%M%S}.{form}", TYPES[form], written(head, _events(head, actor)))


def _events(head: Head, reader: Any) -> Iterator[Shown]:
    events = walk(head.filters, reader, before=head.newest + 1)
    while some := list(islice(events, AT_ONCE)):
        yield from shown_all(some, reader)


def _as_csv(head: Head, events: Iterable[Shown]) -> Iterator[bytes]:
    line = _lines()
    yield b"".join(line(pair) for pair in head.lines()) + line([]) + line(COLUMNS)
    for one in events:
        yield line(_cells(one))


def _lines() -> Callable[[Iterable[str]], bytes]:
    """A function that writes one line, every cell of it only ever text."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)

    def line(cells: Iterable[str]) -> bytes:
        writer.writerow([never_a_formula(cell) for cell in cells])
        text = buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        return text.encode("utf-8")

    return line


def _cells(one: Shown) -> list[str]:
    line = one.line
    return [
        *(str(line.number), line.event_id, line.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), line.type, line.outcome),
        *(line.who, line.who_key, line.did, line.what, line.kind, line.key, line.why, line.channel, line.address, line.request),
        "; ".join(_changes(one)),
    ]


def _changes(one: Shown) -> Iterator[str]:
    for change in one.changes:
        fields = ", ".join(f"{each.field}: {each.before} → {each.after}" for each in change.fields)
        yield f"{change.what} {change.kind}" + (f" ({fields})" if fields else "")


def _as_json_lines(head: Head, events: Iterable[Shown]) -> Iterator[bytes]:
    about = {name.replace(" ", "_"): value for name, value in head.lines()} | {"filters": as_content(head.filters)}
    yield _json({"export": about})
    for one in events:
        yield _json({"number": one.line.number, "outcome": one.line.outcome, "words": _words(one), "event": one.line.content})


def _words(one: Shown) -> dict[str, Any]:
    line = one.line
    return {"who": line.who, "did": line.did, "about": line.what, "changes": list(_changes(one))}


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
