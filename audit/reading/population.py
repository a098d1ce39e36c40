"""Which events a version of a view selects in a time: the same whenever it is asked, except for what was removed with leave since."""

from datetime import datetime

from django.db.models import Q, QuerySet

from audit.ledger.models import LedgerEvent

from . import outcomes
from .filters import ROUTINE, THE_PORTAL, Filters
from .models import SavedViewVersion
from .words_in_payloads import with_words


def population(version: SavedViewVersion, *, since: datetime | None = None, until: datetime | None = None) -> QuerySet[LedgerEvent]:
    """The events that `version` selects and that happened from `since` on and before `until`, newest first.

    It asks the ledger itself, not the index of the reading pages: it lacks nothing that is committed, and is read through for its time.
    Of words, which the database cannot tell as they are looked for, the events are picked here: give such views a time.
    """
    return selected(version.parsed.within(since, until))


def selected(filters: Filters) -> QuerySet[LedgerEvent]:
    """The events that `filters` ask for, newest first."""
    found = LedgerEvent.objects.filter(in_columns(filters)).order_by("-id")
    return with_words(found, filters.words) if filters.text else found


def in_columns(filters: Filters) -> Q:
    """All that `filters` ask for but their words, as the ledger's own columns say it; the way in is read from the stored JSON."""
    asked = Q()
    if filters.since:
        asked &= Q(recorded_at__gte=filters.since)
    if filters.until:
        asked &= Q(recorded_at__lt=filters.until)
    if filters.person:
        asked &= Q(actor_id__in=["" if key == THE_PORTAL else key for key in filters.person])
    if filters.kind:
        asked &= Q(object_model__in=filters.kind)
    if filters.request:
        asked &= Q(request_id=filters.request)
    if filters.hides_routine:
        asked &= ~Q(type__in=ROUTINE)
    return asked & _types(filters) & _objects(filters) & _channels(filters) & _outcomes(filters)


def _types(filters: Filters) -> Q:
    exact = [name for name in filters.type if not name.endswith(".*")]
    asked = Q(type__in=exact) if exact else Q()
    for family in (name[:-1] for name in filters.type if name.endswith(".*")):
        asked |= Q(type__startswith=family)
    return asked


def _objects(filters: Filters) -> Q:
    asked = Q()
    for kind, _, key in (one.partition(":") for one in filters.object):
        asked |= Q(object_model=kind, object_pk=key)
    return asked


def _channels(filters: Filters) -> Q:
    """In canonical JSON the way in is the first thing within `ctx`, and no text can hold these quotation marks as they stand here."""
    asked = Q()
    for channel in filters.channel:
        asked |= Q(payload__contains=f'"ctx":{{"channel":"{channel}"')
    return asked


def _outcomes(filters: Filters) -> Q:
    asked = Q()
    for outcome in filters.outcome:
        if outcome == outcomes.DONE:
            asked |= ~(_refused() | _failed())
        else:
            asked |= _refused() if outcome == outcomes.REFUSED else _failed()
    return asked


def _refused() -> Q:
    return _ending(outcomes.REFUSED_WORDS, outcomes.REFUSED_ENDING)


def _failed() -> Q:
    return _ending(outcomes.FAILED_WORDS, outcomes.FAILED_ENDING)


def _ending(words: tuple[str, ...], ending: str) -> Q:
    asked = Q(type__endswith=ending)
    for word in words:
        asked |= Q(type__endswith=f".{word}")
    return asked
