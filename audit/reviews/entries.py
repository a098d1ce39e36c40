"""Entries of a review as a reader sees them: the event behind each, what is unusual about it, and whether the reader may judge it."""

from collections.abc import Sequence
from typing import Any

from audit.ledger.models import LedgerEvent
from audit.reading.showing import lines_of

from .habits import unusual_of
from .models import ReviewItem
from .states import why_not_judge


def entries_of(items: Sequence[ReviewItem], reader: Any) -> list[dict[str, Any]]:
    """Each with its line of the trail, None where it was removed with leave. As many queries however many they are."""
    events = LedgerEvent.objects.in_bulk([item.event for item in items])
    there = [events[item.event] for item in items if item.event in events]
    opened = dict(zip([event.pk for event in there], lines_of(there, reader), strict=True))
    hints = unusual_of(there)
    return [
        {
            "item": item,
            "mark": item.mark,
            "line": opened.get(item.event),
            "unusual": list(hints.get(item.event, ())),
            "refusal": why_not_judge(str(reader.pk), actor=item.actor, behalf=item.behalf, about=item.about),
        }
        for item in items
    ]
