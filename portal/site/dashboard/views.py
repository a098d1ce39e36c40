"""Puts the cards into the index page."""

from typing import Any

from django.http import HttpRequest

from portal.foundation import clock

from .queries import cards_for


def work_list(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The theme calls this for the index's context."""
    now = clock.now()
    return {**context, "cards": cards_for(request.user, now), "now": now, "title": "Work list"}  # type: ignore[arg-type]
