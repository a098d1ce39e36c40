"""Keeping views of the trail: each change is a new version, and every version stays."""

from datetime import datetime
from typing import Any

from audit.keeping.life import Life
from portal.foundation.canonical import content_hash
from portal.foundation.words import visible

from .filters import Filters, as_content, as_json
from .models import SavedView, SavedViewVersion

RIGHT = "audit.view_ledgerevent"
VIEWS = Life(SavedView, RIGHT, event="saved_view", noun="view", whole="view of the trail", same="the same filters")


def save_view(name: str, filters: Filters, *, actor: Any, now: datetime, purpose: str = "", shared: bool = False) -> SavedView:
    """Keeps `filters` under a name, as version 1. Raises NotAllowed, and InvalidInput for a name that is empty, too long or in use."""
    with VIEWS.beginning(name, actor=actor, now=now, purpose=purpose, shared=shared) as (view, running):
        version = _new_version(view, 1, filters, actor, now, view.purpose)
        running.details |= _told(version)
    return view


def change_view(view: SavedView, filters: Filters, *, actor: Any, now: datetime, reason: str = "") -> SavedViewVersion:
    """A new version of `view`; the one there is, when it selects the same. Raises NotAllowed for a view of somebody else, WrongState."""
    with VIEWS.changing(view, actor=actor, now=now, reason=reason) as (found, running):
        before = found.current
        if before.filters == as_json(filters):
            running.nothing_happened()
            return before
        version = _new_version(found, before.number + 1, filters, actor, now, visible(reason))
        running.details = _told(version) | {"filters_before": before.filters}
    return version


def _new_version(view: SavedView, number: int, filters: Filters, actor: Any, now: datetime, reason: str) -> SavedViewVersion:
    text = as_json(filters)
    return SavedViewVersion.objects.create(
        view=view, number=number, filters=text, sha256=sha256_of(filters), by=actor, at=now, reason=reason
    )


def sha256_of(filters: Filters) -> str:
    """What names these filters for good: SHA-256 of their canonical JSON, in hexadecimal."""
    return content_hash(as_content(filters))


def _told(version: SavedViewVersion) -> dict[str, Any]:
    return {"version": version.number, "filters": version.filters, "sha256": version.sha256}
