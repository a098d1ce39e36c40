"""Keeping views of the trail: each change is a new version, and every version stays."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from audit.events.services import act
from portal.foundation.access.checks import may, require
from portal.foundation.base_models import save_tracked
from portal.foundation.canonical import content_hash
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState

from .filters import Filters, as_content, as_json
from .models import SavedView, SavedViewVersion

RIGHT = "audit.view_ledgerevent"
LONGEST_NAME = 100


def views_for(reader: Any) -> QuerySet[SavedView]:
    """The views that `reader` may use: their own, shared ones, and those whose owner has left; by name, without those retired."""
    found = SavedView.objects.filter(retired_at=None).select_related("owner")
    return found.filter(Q(is_shared=True) | Q(owner=reader) | Q(owner__is_active=False)) if may(reader, RIGHT) else found.none()


def save_view(name: str, filters: Filters, *, actor: Any, now: datetime, purpose: str = "", shared: bool = False) -> SavedView:
    """Keeps `filters` under a name, as version 1. Raises NotAllowed, and InvalidInput for a name that is empty, too long or in use."""
    require(actor, RIGHT, to="keep a view of the trail")
    name = _name(name, actor)
    with act("saved_view.created", actor=actor, now=now, why=purpose.strip()) as running:
        view = SavedView(name=name, purpose=purpose.strip(), owner=actor, is_shared=shared, created_at=now)
        save_tracked(view, actor=actor, now=now, reason=purpose.strip())
        version = _new_version(view, 1, filters, actor, now, purpose.strip())
        running.subject, running.details = view, _told(version) | {"shared": shared}
    return view


def change_view(view: SavedView, filters: Filters, *, actor: Any, now: datetime, reason: str = "") -> SavedViewVersion:
    """A new version of `view`; the one there is, when it selects the same. Raises NotAllowed for a view of somebody else, WrongState."""
    _require_own(view, actor)
    with act("saved_view.changed", actor=actor, now=now, subject=view, why=reason.strip()) as running:
        view = _locked(view)
        before = view.current
        if before.filters == as_json(filters):
            running.nothing_happened()
            return before
        version = _new_version(view, before.number + 1, filters, actor, now, reason.strip())
        running.details = _told(version) | {"filters_before": before.filters}
    return version


def share_view(view: SavedView, *, actor: Any, now: datetime, shared: bool = True, reason: str = "") -> None:
    """Shows `view` to everybody who may read the trail, or to its owner alone. Raises NotAllowed and WrongState."""
    _require_own(view, actor)
    with act("saved_view.shared", actor=actor, now=now, subject=view, why=reason.strip()) as running:
        view = _locked(view)
        if view.is_shared == shared:
            running.nothing_happened()
            return
        view.is_shared = shared
        save_tracked(view, actor=actor, now=now, reason=reason.strip())
        running.details = {"shared": shared}


def retire_view(view: SavedView, *, actor: Any, now: datetime, reason: str = "") -> None:
    """Takes `view` out of the lists. Its versions stay, and what was reviewed with them can be named. Raises NotAllowed and WrongState."""
    _require_own(view, actor)
    with act("saved_view.retired", actor=actor, now=now, subject=view, why=reason.strip()):
        view = _locked(view)
        view.retired_at = now
        save_tracked(view, actor=actor, now=now, reason=reason.strip())


def take_over_view(view: SavedView, *, actor: Any, now: datetime, reason: str) -> None:
    """Makes `actor` the owner of a view whose owner has left. Its versions stay. Raises NotAllowed, WrongState, InvalidInput without a reason."""
    require(actor, RIGHT, to="take over a view of the trail")
    if not reason.strip():
        raise InvalidInput("The view is not taken over.", {"reason": ["Say why you take it over."]})
    with act("saved_view.taken_over", actor=actor, now=now, subject=view, why=reason.strip()) as running:
        view = _locked(view)
        if view.owner.is_active:
            raise WrongState(f"The view is {view.owner}'s, who is here. Keep one of your own with the same filters.")
        _name(view.name, actor)
        running.details = {"owner_before": str(view.owner_id)}
        view.owner = actor
        save_tracked(view, actor=actor, now=now, reason=reason.strip())


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


def _name(name: str, actor: Any) -> str:
    text = " ".join(name.split())
    problems: Iterable[str] = ()
    if not text:
        problems = ["Give it a name that says what it shows."]
    elif len(text) > LONGEST_NAME or not text.isprintable():
        problems = [f"Use at most {LONGEST_NAME} characters, all of them visible."]
    elif SavedView.objects.filter(owner=actor, name=text, retired_at=None).exists():
        problems = ["You have a view of that name already. Choose another name, or change that view."]
    if problems:
        raise InvalidInput("The view is not kept.", {"name": list(problems)})
    return text


def _require_own(view: SavedView, actor: Any) -> None:
    require(actor, RIGHT, to="change a view of the trail")
    if view.owner_id != actor.pk:
        raise NotAllowed(f"The view is {view.owner}'s. Keep one of your own with the same filters.")


def _locked(view: SavedView) -> SavedView:
    found = SavedView.objects.select_for_update().get(pk=view.pk)
    if found.retired_at is not None:
        raise WrongState("The view was retired. Keep a new one with the same filters.")
    return found
