"""The change of shift: what somebody holds, who comes next on duty, and everything offered or accepted together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from incidents.escalation.models import EscalationRun
from incidents.lifecycle.models import Incident
from incidents.lifecycle.states import OPEN_STATES
from policies.decisions.rota import RotaPerson, RotaSnapshot, Slot, slots
from policies.decisions.vocabulary import Track
from policies.models import OnCallSchedule
from policies.oncall.queries import rotas
from policies.oncall.standing_in.absences import schedules_of
from portal.foundation.access.checks import visible_to
from portal.foundation.errors import InvalidInput, PortalError
from portal.foundation.people.models import User

from .models import HandOff
from .services import accept, offer

# Whoever went off duty may still hand over; whoever comes on may be a while ahead.
BEHIND, AHEAD = timedelta(hours=12), timedelta(days=35)
MOST = 50


@dataclass(frozen=True, slots=True)
class Held:
    """One track of an incident that somebody is responsible for, with the offer of it that waits, if there is one."""

    incident: Incident
    track: Track
    run: EscalationRun | None
    waiting: HandOff | None

    @property
    def key(self) -> str:
        """'12-technical': names it in a form."""
        return f"{self.incident.pk}-{self.track.value}"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of shift in one schedule: who goes, who comes, and when; nobody comes when `incoming` is None."""

    schedule: OnCallSchedule
    outgoing: RotaPerson
    incoming: RotaPerson | None
    at: datetime


def held_by(person: Any, reader: Any = None) -> list[Held]:
    """Everything live that `person` is responsible for, the worst first; of it what `reader` may see. Three queries, whatever there is."""
    seen = visible_to(None if reader == person else reader, Incident.objects.all(), "incidents.view_incident")
    open_ = seen.filter(state__in=OPEN_STATES).exclude(origin=Incident.Origin.IMPORTED)
    mine = Q(assigned_to=person) | Q(assigned_to__isnull=True, acknowledged_by=person)
    incidents = list(open_.filter(mine, acknowledged_at__isnull=False).select_related("service").order_by("opened_at")[:MOST])
    runs = _runs([incident.pk for incident in incidents], person, open_)
    waiting = _waiting([*(incident.pk for incident in incidents), *(run.incident_id for run in runs)])
    technical = {run.incident_id: run for run in runs if run.track == Track.TECHNICAL}
    found = [Held(each, Track.TECHNICAL, technical.get(each.pk), waiting.get((each.pk, Track.TECHNICAL))) for each in incidents]
    beside = [run for run in runs if run.track != Track.TECHNICAL]
    found += [Held(run.incident, Track(run.track), run, waiting.get((run.incident_id, run.track))) for run in beside]
    return sorted(found, key=lambda held: (held.incident.severity or "SEV9", held.incident.priority or 9, held.incident.opened_at))


def changes_of(person: User, now: datetime) -> list[Change]:
    """The change of shift that is nearest in each schedule where `person` goes or comes; the nearest of all first."""
    schedules = {schedule.pk: schedule for schedule in schedules_of(person, now - BEHIND)}
    known = rotas(schedules.values(), now - BEHIND)
    found = [change for key, rota in known.items() for change in _nearest(_changes(schedules[key], rota, now), person, now)]
    return sorted(found, key=lambda change: abs(change.at - now))


def change_in(schedule: OnCallSchedule, reader: Any, now: datetime) -> Change | None:
    """The change of shift of `schedule` that matters now: the one where `reader` goes or comes, else the nearest."""
    found = _changes(schedule, rotas([schedule], now - BEHIND)[schedule.pk], now)
    own = _nearest(found, reader, now)
    return next(iter(own or sorted(found, key=lambda change: abs(change.at - now))), None)


def offer_all(items: Sequence[tuple[Incident, str, str]], *, to: User, actor: Any, now: datetime) -> list[HandOff]:
    """Offers each (incident, track, note) to `to`, all or none. Raises as `offer` does, and says of which incident."""
    if not items:
        raise InvalidInput("There is nothing to offer.")
    made = []
    with transaction.atomic():
        for incident, track, note in items:
            try:
                made.append(offer(incident, to=to, kind=HandOff.Kind.SHIFT, note=note, track=track, actor=actor, now=now))
            except PortalError as error:
                problem = f"{incident.number}: {error.message} Nothing was offered."
                if not isinstance(error, InvalidInput):
                    raise type(error)(problem) from error
                raise InvalidInput(problem, {f"note-{incident.pk}-{track}" if "note" in error.fields else "to": [problem]}) from error
    return made


def accept_all(hand_offs: Iterable[HandOff], *, actor: Any, now: datetime) -> tuple[list[HandOff], list[str]]:
    """Accepts each that can be accepted; those, and a sentence for each of the others. One refusal keeps none of the rest waiting."""
    accepted, refused = [], []
    for hand_off in hand_offs:
        try:
            accepted.append(accept(hand_off, actor=actor, now=now))
        except PortalError as error:
            refused.append(f"{hand_off.incident.number}: {error.message}")
    return accepted, refused


def _runs(incidents: list[int], person: Any, seen: QuerySet[Incident]) -> list[EscalationRun]:
    """The runs of the present openings: the technical ones of `incidents`, and what `person` holds of other tracks."""
    holds = Q(holder=person) | Q(holder__isnull=True, acknowledged_by=person)
    beside = ~Q(track=Track.TECHNICAL) & holds & Q(incident__in=seen.values("pk"))
    runs = EscalationRun.objects.filter(Q(incident__in=incidents, track=Track.TECHNICAL) | beside, opening=F("incident__reopen_count"))
    return list(runs.select_related("incident__service").order_by("started_at")[: MOST * 2])


def _waiting(incidents: list[int]) -> dict[tuple[int, str], HandOff]:
    rows = HandOff.objects.filter(incident__in=incidents, state=HandOff.State.OPEN, received_at__isnull=True)
    return {(row.incident_id, row.track): row for row in rows.select_related("receiver", "team")}


def _changes(schedule: OnCallSchedule, rota: RotaSnapshot, now: datetime) -> list[Change]:
    """The last change of shift and the next one."""
    before, current, after = _around(rota, now)
    following = current or after
    last = [Change(schedule, before.person, following.person if following else None, before.until)] if before and before.person else []
    ahead = [Change(schedule, current.person, after.person if after else None, current.until)] if current and current.person else []
    return last + ahead


def _nearest(found: Iterable[Change], person: Any, now: datetime) -> list[Change]:
    """Of these the one where `person` goes or comes that is nearest to `now`, if there is one."""
    own = [each for each in found if person.pk in {each.outgoing.person_id, each.incoming.person_id if each.incoming else None}]
    return sorted(own, key=lambda change: abs(change.at - now))[:1]


def _around(rota: RotaSnapshot, now: datetime) -> tuple[Slot | None, Slot | None, Slot | None]:
    """Who was on duty before, who is, and who comes next; gaps left out, and nobody follows themselves."""
    view = _joined([slot for slot in slots(rota, now - BEHIND, now + AHEAD) if slot.person is not None])
    current = next((slot for slot in view if slot.since <= now < slot.until), None)
    before = next((slot for slot in reversed(view) if slot.until <= now), None)
    after = next((slot for slot in view if slot.since > now), None)
    return before, current, after


def _joined(view: list[Slot]) -> list[Slot]:
    """Turns of one person that touch, as one."""
    joined: list[Slot] = []
    for slot in view:
        if joined and joined[-1].person == slot.person and joined[-1].until == slot.since:
            joined[-1] = replace(joined[-1], until=slot.until)
        else:
            joined.append(slot)
    return joined
