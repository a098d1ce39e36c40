"""Bundles that were written at the server, past the pages: no row of theirs tells of them, the trail does."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from audit.ledger.models import LedgerEvent

from .selection import Selection

WROTE, FAILED = "evidence.exported", "evidence.export_failed"
# Newest events of both types that are looked through. What is older than so many exports is found in the trail.
LOOKED_THROUGH = 1_000


@dataclass(frozen=True, slots=True)
class Written:
    """One of them. `event` is its event's number; `broke_off` says that no bundle came of it."""

    event: int
    at: datetime
    selection: Selection
    why: str
    broke_off: bool


def written_at_the_server(most: int) -> list[Written]:
    """The newest of them first, `most` at the most. At most three queries."""
    # Two steps: the index of types answers the first, and the payloads of what people exported are left where they are.
    found = dict(_newest(WROTE)[:most])
    if not found:
        return []
    failed = LedgerEvent.objects.filter(pk__in=[key for key, _ in _newest(FAILED)])
    broken = {details["bundle"] for details in (_details(event) for event in failed) if details}
    events = LedgerEvent.objects.filter(pk__in=found).order_by("-pk")
    return [_read(event, details, broken) for event in events if (details := _details(event))]


def _newest(kind: str) -> Sequence[tuple[int, str]]:
    """Number and actor of those events of a type, among the newest, that nobody with an account made."""
    newest = LedgerEvent.objects.filter(type=kind).order_by("-pk").values_list("pk", "actor_id")[:LOOKED_THROUGH]
    return [(key, actor) for key, actor in newest if not actor]


def _details(event: LedgerEvent) -> dict[str, Any]:
    """Those of an export; empty where somebody changed the event past the portal, which the check of the ledger tells."""
    try:
        details = json.loads(event.payload)["details"]
        return {"bundle": details["bundle"], "selection": _selection(details.get("selection"))}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _read(event: LedgerEvent, details: dict[str, Any], broken: set[str]) -> Written:
    why = str(json.loads(event.payload).get("why", ""))
    return Written(event.pk, event.recorded_at, details["selection"], why, details["bundle"] in broken)


def _selection(recorded: dict[str, Any] | None) -> Selection:
    """What was chosen, as `Selection.as_recorded` wrote it down."""
    if recorded is None:
        return Selection()
    since, until = (datetime.fromisoformat(recorded[name]) if recorded[name] else None for name in ("from", "to"))
    objects = tuple((model, pk) for model, _, pk in (one.partition(":") for one in (recorded["object"] or "").split()))
    (model, pk), *others = objects or (("", ""),)
    return Selection(since, until, model, pk, tuple(others))
