"""Who is responsible on a track. The run says so; on the technical track the incident's own "assigned to" follows it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.lifecycle import services as lifecycle
from incidents.lifecycle.models import Incident
from policies.decisions.escalation_facts import Action, Decision, Kind, Roster
from policies.decisions.vocabulary import Track
from portal.foundation.people.models import User
from portal.foundation.registry import Registry

from .effects import apply
from .engine import advance
from .facts import content_of, holder_of, state_of
from .models import EscalationRun


@dataclass(frozen=True, slots=True)
class Moved:
    """Responsibility went from somebody to somebody else, not by a hand-off: the one who took it was alerted, or took it over."""

    run: EscalationRun
    incident: Incident
    before: User
    after: User
    how: Kind
    actor: Any
    now: datetime
    reason: str


# Called in the transaction of the change, for rooms above that keep a record of it.
moved: Registry[Callable[[Moved], None]] = Registry("what hears of a new holder")


def give(run: EscalationRun, incident: Incident, person: User, *, actor: Any, now: datetime, reason: str = "") -> None:
    """`person` acknowledged and has the track from now on. Must run in a transaction with the run locked."""
    before = holder_of(run, incident)
    run.holder = person
    if run.track != Track.TECHNICAL and run.acknowledged_at is None:
        run.acknowledged_at, run.acknowledged_by = now, person
    if run.is_live:
        advance(run, incident, now=now, actor=actor, acknowledged_by=str(person), reason=reason)
    else:
        _answered_after_the_end(run, incident, person, actor, now, reason)
    changed(run, incident, before, person, how=Kind.ACKNOWLEDGED, actor=actor, now=now, reason=reason)


def changed(
    run: EscalationRun, incident: Incident, before: User | None, person: User, *, how: Kind, actor: Any, now: datetime, reason: str
) -> None:
    """What follows a new holder: the incident's own field, and whoever wants to hear of it."""
    if run.track == Track.TECHNICAL:
        lifecycle.give(incident, person, actor=actor, now=now, reason=reason)
    if before is not None and before.pk != person.pk:
        for _, hear in moved:
            hear(Moved(run, incident, before, person, how, actor, now, reason))


def _answered_after_the_end(run: EscalationRun, incident: Incident, person: User, actor: Any, now: datetime, reason: str) -> None:
    """Somebody answers after nobody did: the run stays as it ended, and the record says who has it."""
    before = state_of(run, incident)
    why = f"{person} acknowledged after nobody had been reached."
    taken = Action(Kind.ACKNOWLEDGED, why, run.level or None, person_id=person.pk, person_name=str(person))
    decision = Decision((taken,), before._replace(last_sign_at=now), None)
    snapshot = content_of(run)
    apply(
        run, incident, decision, before=before, snapshot=snapshot, roster=Roster(()), inputs={}, actor=actor, now=now, reason=reason
    )  # fmt: skip
