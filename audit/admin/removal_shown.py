"""What goes by a removal, as people read it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Count, F, Q, Sum

from audit.events.stories import did_words, model_words, object_words
from audit.ledger.models import LedgerEvent, PersonalCard
from audit.ledger.personal import parsed
from audit.models import LegalHold, Removal
from audit.retention.classes import BY_KEY
from audit.retention.erasure import person_of
from audit.retention.holds import held_parts
from audit.sealing.models import LedgerLeaf
from portal.foundation import words
from portal.foundation.adminkit.moments import moment, written

from .objects import Key

MOST_RANGES, MOST_ENTRIES, MOST_WORDS = 50, 100, 300
NUMBERED = ("incidents.incident", "incidents.problem", "incidents.changerequest")


def held_in_words(hold: LegalHold, numbers: Mapping[Key, str] | None = None) -> str:
    """'everything', 'incident INC-000012', 'user 7': no more than that, for not everybody who sees a hold may see what it is on.

    `numbers` saves a query where many holds are shown.
    """
    if hold.covers_all:
        return "everything"
    key = (hold.object_model, hold.object_pk)
    return f"{model_words(key[0])} {(numbers_of([key]) if numbers is None else numbers).get(key, key[1])}"


def numbers_of(keys: Iterable[Key]) -> dict[Key, str]:
    """The numbers of those things that have one. One query a kind."""
    wanted: dict[str, list[str]] = {}
    for label, key in keys:
        if label in NUMBERED and key.isdecimal() and len(key) < 19:
            wanted.setdefault(label, []).append(key)
    rows = ((label, apps.get_model(label)._default_manager.filter(pk__in=some)) for label, some in wanted.items())
    return {(label, str(pk)): number for label, found in rows for pk, number in found.values_list("pk", "number")}


def parts_in_words(hold: LegalHold) -> str:
    """'2 hand-offs, 11 impact readings': what a standing hold on one thing keeps with it now. One query."""
    if hold.covers_all or hold.lifted_at:
        return ""
    found = held_parts(hold)
    kinds = [(apps.get_model(label)._meta, count) for label, count in found.items() if label != hold.object_model]
    said = [words.counted(count, str(kind.verbose_name), str(kind.verbose_name_plural)) for kind, count in kinds]
    return ", ".join(said) or "none so far"


def shown(removal: Removal, now: datetime, *, with_content: bool) -> dict[str, Any]:
    """For audit/removal.html. The number of queries does not grow with what goes."""
    counts = removal.ranges.aggregate(
        ranges=Count("pk"),
        done=Sum(F("last") - F("first") + 1, filter=Q(done_at__isnull=False), default=0),
    )
    first_ones = list(removal.ranges.all()[:MOST_RANGES])
    erasure = removal.kind == Removal.Kind.ERASURE
    return {
        "classes": classes_shown(removal.policy, now),
        "ranges": [words.number(one.first) if one.first == one.last else f"{one.first:,} to {one.last:,}" for one in first_ones],
        "more_ranges": max(counts["ranges"] - MOST_RANGES, 0),
        "gone": counts["done"],
        "is_erasure": erasure,
        "person": person_of(removal),
        "cards": PersonalCard.objects.filter(subject=removal.subject).count() if erasure else 0,
        "entries_shown": entries_shown(removal) if erasure and with_content and removal.is_open else [],
        "may_read": with_content,
    }


def classes_shown(policy: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """A line for each class of what goes."""
    return [
        {
            "title": BY_KEY[key].title if key in BY_KEY else key,
            "months": of["months"],
            "entries": of["entries"],
            "oldest": moment(datetime.fromisoformat(of["oldest"]), now),
            "newest": moment(datetime.fromisoformat(of["newest"]), now),
        }
        for key, of in sorted(policy.items())
    ]


def entries_shown(removal: Removal) -> list[dict[str, Any]]:
    """The first hundred entries of an erasure, which are chosen one by one."""
    spans = Q(pk__in=[])
    for one in removal.ranges.all()[:MOST_ENTRIES]:
        spans |= Q(index__gte=one.first, index__lte=one.last)
    places = dict(LedgerLeaf.objects.filter(spans).order_by("index").values_list("event", "index")[:MOST_ENTRIES])
    events = list(LedgerEvent.objects.filter(pk__in=places).order_by("pk"))
    return [
        {"index": places[event.pk], "event": event.pk, "said": in_words(event, content)}
        for event, content in zip(events, parsed(event.payload for event in events), strict=True)
    ]


def in_words(event: LedgerEvent, content: dict[str, Any]) -> str:
    """'2 Mar 2026, 14:05 CET: noted incident INC-000012. Ana called.'"""
    why = str(content.get("why", ""))[:MOST_WORDS]
    did = f"{did_words(content)} {object_words(content)}".strip()
    return f"{written(event.recorded_at)}: {did}. {why}".strip()
