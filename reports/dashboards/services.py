"""Keeping dashboards: each change is a new version, and every version stays."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from audit.events.services import act
from portal.foundation.access.checks import may, require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState

from .models import Dashboard, DashboardVersion
from .queries import RIGHT, Selection, name_of, progress, require_figures

LONGEST_NAME = 100


def dashboards_for(reader: Any) -> QuerySet[Dashboard]:
    """What `reader` may open: their own, shared ones, and those whose owner has left; by name, without those retired."""
    found = Dashboard.objects.filter(retired_at=None).select_related("owner")
    return found.filter(Q(is_shared=True) | Q(owner=reader) | Q(owner__is_active=False)) if may(reader, RIGHT) else found.none()


def keep_dashboard(
    name: str, selection: Selection, figures: Sequence[str], *, actor: Any, now: datetime, purpose: str = "", shared: bool = False
) -> Dashboard:
    """Keeps the choice under a name, as version 1. Raises NotAllowed, and InvalidInput for a name or figures that cannot be."""
    require(actor, RIGHT, to="keep a dashboard")
    require_figures(actor, selection)
    name, content = _name(name, actor), _content(selection, figures)
    with act("dashboard.created", actor=actor, now=now, why=purpose.strip()) as running:
        dashboard = Dashboard(name=name, purpose=purpose.strip(), owner=actor, is_shared=shared, created_at=now)
        save_tracked(dashboard, actor=actor, now=now, reason=purpose.strip())
        version = DashboardVersion.objects.create(dashboard=dashboard, number=1, content=content, by=actor, at=now)
        running.subject, running.details = dashboard, _told(version) | {"shared": shared}
    return dashboard


def change_dashboard(dashboard: Dashboard, selection: Selection, figures: Sequence[str], *, actor: Any, now: datetime) -> DashboardVersion:
    """A new version; the one there is, when it shows the same. Raises NotAllowed for somebody else's, WrongState for one retired."""
    require_figures(actor, selection)
    _require_own(dashboard, actor)
    content = _content(selection, figures)
    with act("dashboard.changed", actor=actor, now=now, subject=dashboard) as running:
        before = _locked(dashboard).versions.latest("number")
        if before.content == content:
            running.nothing_happened()
            return before
        version = DashboardVersion.objects.create(dashboard=dashboard, number=before.number + 1, content=content, by=actor, at=now)
        running.details = _told(version) | {"before": before.content}
    return version


def share_dashboard(dashboard: Dashboard, *, actor: Any, now: datetime, shared: bool = True, reason: str = "") -> None:
    """Shows it to everybody who may see such figures, or to its owner alone. Raises NotAllowed and WrongState."""
    _require_own(dashboard, actor)
    with act("dashboard.shared", actor=actor, now=now, subject=dashboard, why=reason.strip()) as running:
        found = _locked(dashboard)
        if found.is_shared == shared:
            running.nothing_happened()
            return
        found.is_shared = shared
        save_tracked(found, actor=actor, now=now, reason=reason.strip())
        running.details = {"shared": shared}


def retire_dashboard(dashboard: Dashboard, *, actor: Any, now: datetime, reason: str = "") -> None:
    """Takes it out of the lists. Its versions stay. Raises NotAllowed and WrongState."""
    _require_own(dashboard, actor)
    with act("dashboard.retired", actor=actor, now=now, subject=dashboard, why=reason.strip()):
        found = _locked(dashboard)
        found.retired_at = now
        save_tracked(found, actor=actor, now=now, reason=reason.strip())


def take_over_dashboard(dashboard: Dashboard, *, actor: Any, now: datetime, reason: str) -> None:
    """Makes `actor` the owner of what somebody left behind. Raises NotAllowed, WrongState, InvalidInput without a reason."""
    require(actor, RIGHT, to="take over a dashboard")
    if not reason.strip():
        raise InvalidInput("The dashboard is not taken over.", {"reason": ["Say why you take it over."]})
    with act("dashboard.taken_over", actor=actor, now=now, subject=dashboard, why=reason.strip()) as running:
        found = _locked(dashboard)
        if found.owner.is_active:
            raise WrongState(f"The dashboard is {found.owner}'s, who is here. Keep one of your own with the same figures.")
        _name(found.name, actor)
        running.details = {"owner_before": str(found.owner_id)}
        found.owner = actor
        save_tracked(found, actor=actor, now=now, reason=reason.strip())


def selection_of(version: DashboardVersion) -> tuple[Selection, list[str]]:
    """What a version shows: of what, and which figures."""
    return Selection(version.content["dimension"], version.content["part"]), list(version.content["figures"])


def _content(selection: Selection, figures: Iterable[str]) -> dict[str, Any]:
    known = [each["name"] for each in progress().catalogue]
    wanted = set(figures)
    if not wanted or not wanted <= set(known):
        raise InvalidInput("The dashboard is not kept.", {"figure": ["Choose at least one of the figures there are."]})
    if not name_of(selection):
        raise InvalidInput("The dashboard is not kept.", {"of": ["There is no such part of the organisation. Choose one of the list."]})
    return {"dimension": selection.dimension, "part": selection.part, "figures": [name for name in known if name in wanted]}


def _told(version: DashboardVersion) -> dict[str, Any]:
    return {"version": version.number, "content": version.content}


def _name(name: str, actor: Any) -> str:
    text = " ".join(name.split())
    problems: list[str] = []
    if not text:
        problems = ["Give it a name that says what it shows."]
    elif len(text) > LONGEST_NAME or not text.isprintable():
        problems = [f"Use at most {LONGEST_NAME} characters, all of them visible."]
    elif Dashboard.objects.filter(owner=actor, name=text, retired_at=None).exists():
        problems = ["You have a dashboard of that name already. Choose another name, or change that one."]
    if problems:
        raise InvalidInput("The dashboard is not kept.", {"name": problems})
    return text


def _require_own(dashboard: Dashboard, actor: Any) -> None:
    require(actor, RIGHT, to="change a dashboard")
    if dashboard.owner_id != actor.pk:
        raise NotAllowed(f"The dashboard is {dashboard.owner}'s. Keep one of your own with the same figures.")


def _locked(dashboard: Dashboard) -> Dashboard:
    found = Dashboard.objects.select_for_update().get(pk=dashboard.pk)
    if found.retired_at is not None:
        raise WrongState("The dashboard was retired. Keep a new one with the same figures.")
    return found
