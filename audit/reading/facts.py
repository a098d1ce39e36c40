"""What of a stored event the filters and the index look at."""

import json
from typing import Any

from audit.ledger.models import LedgerEvent

from .filters import Facts
from .masking import words_shown
from .tokens import words_of

# Canonical JSON says the way in first.
WAY = '"ctx":{"channel":"'


def facts_of(event: LedgerEvent, *, blanks: bool = False) -> Facts:
    """The facts of `event`; its payload is taken apart only where its words are asked for. `blanks`: for whoever sees blanks."""
    payload, told = event.payload, words_shown if blanks else words_of
    return Facts(
        at=event.recorded_at,
        type=event.type,
        person=event.actor_id,
        kind=event.object_model or "",
        key=event.object_pk or "",
        channel=channel_of(payload),
        request=event.request_id or "",
        words=lambda: told(_content(payload)),
    )


def channel_of(payload: str) -> str:
    """The way in; empty where none is told."""
    at = payload.find(WAY)
    if at < 0:
        return ""
    begin = at + len(WAY)
    return payload[begin : payload.find('"', begin)]


def _content(payload: str) -> dict[str, Any]:
    content = json.loads(payload)
    return content if isinstance(content, dict) else {}
