"""Keeping dashboards: each change is a new version, and every version stays."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from audit.keeping.life import Life
from portal.foundation.errors import InvalidInput

from .models import Dashboard, DashboardVersion
from .queries import RIGHT, name_of, progress, require_figures
from .selection import Selection

DASHBOARDS = Life(Dashboard, RIGHT, event="dashboard", noun="dashboard", whole="dashboard", same="the same figures")


def keep_dashboard(
    name: str, selection: Selection, figures: Sequence[str], *, actor: Any, now: datetime, purpose: str = "", shared: bool = False
) -> Dashboard:
    """Keeps the choice under a name, as version 1. Raises NotAllowed, and InvalidInput for a name or figures that cannot be."""
    require_figures(actor, selection)
    content = _content(selection, figures)
    with DASHBOARDS.beginning(name, actor=actor, now=now, purpose=purpose, shared=shared) as (dashboard, running):
        version = DashboardVersion.objects.create(dashboard=dashboard, number=1, content=content, by=actor, at=now)
        running.details |= _told(version)
    return dashboard


def change_dashboard(dashboard: Dashboard, selection: Selection, figures: Sequence[str], *, actor: Any, now: datetime) -> DashboardVersion:
    """A new version; the one there is, when it shows the same. Raises NotAllowed for somebody else's, WrongState for one retired."""
    require_figures(actor, selection)
    content = _content(selection, figures)
    with DASHBOARDS.changing(dashboard, actor=actor, now=now) as (found, running):
        before = found.versions.latest("number")
        if before.content == content:
            running.nothing_happened()
            return before
        version = DashboardVersion.objects.create(dashboard=found, number=before.number + 1, content=content, by=actor, at=now)
        running.details = _told(version) | {"before": before.content}
    return version


def selection_of(version: DashboardVersion) -> tuple[Selection, list[str]]:
    """What a version shows: of what, and which figures."""
    content = version.content
    also = tuple((dimension, part) for dimension, part in content.get("also", ()))
    return Selection(content["dimension"], content["part"], also), list(content["figures"])


def _content(selection: Selection, figures: Iterable[str]) -> dict[str, Any]:
    known = [each["name"] for each in progress().catalogue]
    wanted = set(figures)
    if not wanted or not wanted <= set(known):
        raise InvalidInput("The dashboard is not kept.", {"figure": ["Choose at least one of the figures there are."]})
    if not name_of(selection):
        raise InvalidInput("The dashboard is not kept.", {"of": ["There is no such part of the organisation. Choose one of the list."]})
    also = {"also": [list(each) for each in selection.also]} if selection.also else {}
    return {"dimension": selection.dimension, "part": selection.part, **also, "figures": [name for name in known if name in wanted]}


def _told(version: DashboardVersion) -> dict[str, Any]:
    return {"version": version.number, "content": version.content}
