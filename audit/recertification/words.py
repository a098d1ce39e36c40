"""An item as people read it."""

from django.utils import timezone

from .models import AccessItem
from .opening import LEFT, MOVED, NEW

WHY = {NEW: "new since the last review", LEFT: "left, and still holds it", MOVED: "moved since the last review"}


def item_in_words(item: AccessItem) -> str:
    """'Ana Ruiz is one of Approvers: the second pair of eyes on every policy change, since 3 March 2026; last used on 14 October 2026.'"""
    since = f", since {_day(item.since)}" if item.since else ""
    return f"{item.person} {item.words}{since}; {_used(item)}."


def _used(item: AccessItem) -> str:
    if item.used_at:
        return f"last used on {_day(item.used_at)}"
    return "not used in the last 400 days" if item.leaves_trace else "what it lets a person do leaves no event of its own"


def _day(at: object) -> str:
    local = timezone.localtime(at)  # type: ignore[arg-type]
    return f"{local.day} {local:%B %Y}"
