"""Telling the story: the one place that writes timeline entries."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from policies.decisions.measures import MeasureWords, words_of
from policies.decisions.ruleset import MeasureRule
from policies.decisions.severity import in_unit
from portal.foundation.many_rows import insert_all, made

from .models import Incident, TimelineEntry

THE_PORTAL = "The portal"
# Where an incident keeps what was told of it, from its opening on.
_TOLD = "_told"


def add_timeline(
    incident: Incident,
    *,
    kind: str,
    at: datetime,
    actor: Any,
    text: str,
    why: str = "",
    data: dict[str, Any] | None = None,
    recorded_at: datetime | None = None,
) -> TimelineEntry:
    """Adds one entry; what is returned has no key. `actor` None is the portal itself.

    `recorded_at` is `at` unless the thing happened earlier than it was told.
    """
    entry = entry_of(incident, kind=kind, at=at, actor=actor, text=text, why=why, data=data, recorded_at=recorded_at)
    add_all([entry])
    if _TOLD in incident.__dict__:
        incident.__dict__[_TOLD].append(entry)
    return entry


def keep_what_is_told(incident: Incident) -> None:
    """From here on, of a new incident, so that whoever opened it can show it without reading it back."""
    incident.__dict__[_TOLD] = []


def told_of(incident: Incident) -> list[TimelineEntry]:
    """The timeline, oldest first. No query for an incident that was opened by this very object."""
    known: list[TimelineEntry] | None = incident.__dict__.get(_TOLD)
    return list(incident.timeline.all()) if known is None else known


def entry_of(
    incident: Incident,
    *,
    kind: str,
    at: datetime,
    actor: Any,
    text: str,
    why: str = "",
    data: dict[str, Any] | None = None,
    recorded_at: datetime | None = None,
) -> TimelineEntry:
    """The same entry before it stands there, for `add_all`."""
    return made(
        TimelineEntry,
        incident=incident,
        kind=kind,
        at=at,
        recorded_at=recorded_at or at,
        actor=actor,
        actor_name=name_of(actor),
        text=text,
        why=why,
        data=data or {},
    )


def add_all(entries: Sequence[TimelineEntry]) -> None:
    """Adds several entries, of one incident or of many, in one statement."""
    insert_all(entries)


def name_of(actor: Any) -> str:
    """The actor's name as it is told."""
    return str(actor)[:150] if actor is not None else THE_PORTAL


def reading_in_words(measure: str, value: Decimal, own: MeasureRule | None = None) -> str:
    """'Failed transactions 7.2 %', 'Downtime 20 min'; `own` are the words of a measure of the organisation's own."""
    told = MeasureWords(own.name, own.unit) if own else words_of(measure)
    return f"{told.name} {in_unit(value, told)}"
