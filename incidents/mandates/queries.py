"""Which mandates somebody holds for an incident: as owner of a level of its pinned rules, or delegated by region."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from incidents.lifecycle.grading import rules_pinned_by
from incidents.lifecycle.models import Incident
from policies.catalogue.authority import day_of, in_force
from policies.catalogue.models import DelegatedAuthority
from policies.decisions.vocabulary import Mandate, Track
from portal.foundation.people.wanted import items

from .models import MandateUse


@dataclass(frozen=True, slots=True)
class Held:
    """A mandate that somebody may use, and where it comes from."""

    mandate: Mandate
    held_as: str
    limits: str


def mandates_of(person: Any, incident: Incident, now: datetime) -> list[Held]:
    """What `person` may do on their own authority in `incident`, each mandate once, those of its levels first. Two queries.

    The levels are those of the rules pinned at the opening; a mandate past its last day, in UTC, counts no more.
    """
    found: dict[Mandate, Held] = {}
    for held in (*_by_level(person, incident, day_of(now)), *_delegated(person, day_of(now))):
        found.setdefault(held.mandate, held)
    return list(found.values())


def unreviewed(now: datetime | None = None) -> QuerySet[MandateUse]:
    """Uses that nobody has reviewed yet, the one due first at the top; with `now` only those overdue."""
    late = Q(review_due_at__lte=now) if now is not None else Q()
    return MandateUse.objects.filter(late, reviewed_at=None).select_related("incident", "used_by").order_by("review_due_at", "pk")


def _by_level(person: Any, incident: Incident, today: date) -> Iterator[Held]:
    content = rules_pinned_by(incident).content
    for track in Track:
        for level in content.levels_of(track):
            if level.owner_id != person.pk or (level.mandate_until is not None and level.mandate_until < today):
                continue
            of = "" if track is Track.TECHNICAL else f" of the {track.label.lower()} track"
            where = f", in {level.region}" if level.region else ""
            for mandate in level.mandates:
                yield Held(mandate, f"Owner of level {level.number}, {level.name}{of}{where}.", level.mandate_limits)


def _delegated(person: Any, today: date) -> Iterator[Held]:
    rows = DelegatedAuthority.objects.filter(in_force(today), person=person).select_related("region", "delegated_by").order_by("pk")
    for row in rows:
        until = f"{row.valid_until.day} {row.valid_until:%B %Y}"
        for name in items(row.mandates):
            yield Held(Mandate(name), f"Delegated by {row.delegated_by} for {row.region}, until {until}.", row.limits)
