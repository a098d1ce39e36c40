"""Events as a reader sees them: in words, with names and addresses from cards that may be gone. As many queries however many they are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.events import stories
from audit.events.stories import RowChange
from audit.ledger.models import LedgerEvent
from audit.ledger.personal import parsed
from portal.foundation.access.checks import require

from .masking import hides, masked
from .outcomes import outcome_of
from .services import RIGHT

LONGEST_GIST = 160
_HASH = re.compile(r"[0-9a-f-]{32,}")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log. `who_key` is the account's key, empty for the portal itself; `content` the event with its names."""

    number: int
    event_id: str
    at: datetime
    type: str
    outcome: str
    who: str
    who_key: str
    did: str
    what: str
    kind: str
    key: str
    why: str
    channel: str
    request: str
    address: str
    content: dict[str, Any]

    @property
    def gist(self) -> str:
        """Why, or else what the event tells in a few words; cut where a line ends."""
        said = self.why or _told(self.content)
        return said if len(said) <= LONGEST_GIST else f"{said[:LONGEST_GIST].rstrip()} …"


@dataclass(frozen=True, slots=True)
class Shown:
    """A line, opened: what changed, before and after, and what else the event tells, as names with their lines."""

    line: Line
    changes: tuple[RowChange, ...]
    particulars: tuple[tuple[str, tuple[str, ...]], ...]


def shown(event: LedgerEvent, reader: Any) -> Shown:
    """`event` as `reader` sees it. Raises NotAllowed."""
    return shown_all([event], reader)[0]


def shown_all(events: Sequence[LedgerEvent], reader: Any) -> list[Shown]:
    """All of them, in their order. A query for the cards, and one for each kind of thing that changes point at. Raises NotAllowed."""
    lines = lines_of(events, reader)
    changes = stories.changes_of_all([line.content for line in lines])
    return [
        Shown(line, tuple(changed), tuple((name, tuple(told)) for name, told in stories.particulars_of(line.content)))
        for line, changed in zip(lines, changes, strict=True)
    ]


def lines_of(events: Sequence[LedgerEvent], reader: Any) -> list[Line]:
    """The lines of the log for these events, in their order. One query. Raises NotAllowed."""
    require(reader, RIGHT, to="read the audit trail")
    contents = parsed(event.payload for event in events)
    if hides(reader):
        contents = [masked(content) for content in contents]
    return [_line(event, content) for event, content in zip(events, contents, strict=True)]


def _line(event: LedgerEvent, content: dict[str, Any]) -> Line:
    way = content.get("ctx") or {}
    return Line(
        number=event.pk,
        event_id=str(event.event_id),
        at=event.recorded_at,
        type=event.type,
        outcome=outcome_of(event.type),
        who=stories.actor_words(content),
        who_key=event.actor_id,
        did=stories.did_words(content),
        what=stories.object_words(content),
        kind=event.object_model or "",
        key=event.object_pk or "",
        why=str(content.get("why") or ""),
        channel=str(way.get("channel") or ""),
        request=str(way.get("request_id") or ""),
        address=str(way.get("ip") or ""),
        content=content,
    )


def _told(content: dict[str, Any]) -> str:
    """'Asked: text payments; path /admin/': what fits on a line, without hashes."""
    details = content.get("details")
    parts = stories.particulars_of({"details": details}) if isinstance(details, dict) else []
    said = [f"{name}: {', '.join(lines)}" for name, lines in parts if not any(_HASH.fullmatch(line) for line in lines)]
    return "; ".join(said)
