"""Saying whether somebody can take an incident: the person, somebody for them, a calendar, or the engine."""

from datetime import datetime, timedelta
from typing import Any

from portal.foundation.access.checks import require
from portal.foundation.adminkit.frame import frames
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.people.models import Availability, User

State, Source = Availability.State, Availability.Source
RIGHT = "portal.change_availability"
# Who is away for longer needs no statement but another rotation.
LONGEST = timedelta(days=366)


def set_availability(
    person: Any,
    state: str,
    *,
    until: datetime | None,
    actor: Any,
    now: datetime,
    source: str = Source.PERSON,
    subject_ref: str = "",
    reason: str = "",
) -> Availability:
    """Says that `person` is `state` from `now` on, until `until` (None: until said otherwise).

    Ends what the same source said about the same thing before; that is all a statement changes, for the others keep counting. People
    speak for themselves, others need the right to change availability, and `actor` None is the portal: the engine, a calendar.
    Raises NotAllowed; InvalidInput for a state nobody knows or an end that is not after `now` or over a year away; WrongState for an
    account that is not active.
    """
    _require(person, actor)
    if state not in State.values or source not in Source.values:
        raise InvalidInput(
            f"'{state[:40]}' is nothing that can be said of a person. Choose available, busy or away.", {"state": ["Choose one."]}
        )
    problem = _problem_with(until, now)
    if problem:
        raise InvalidInput(problem, {"until": [problem]})
    if not person.is_active:
        raise WrongState(f"The account of {person} is not active, so nobody counts on them.")
    with frames["act"]("availability.set", actor=actor, now=now, subject=person, why=reason) as running:
        before = _standing(person, source, subject_ref, now)
        # The engine says it again with every pass.
        if [(each.state, each.until) for each in before] == [(state, until)] and source != Source.PERSON:
            running.nothing_happened()
            return before[0]
        _end(before, actor, now, reason)
        said = Availability(person=person, state=state, source=source, since=now, until=until, subject_ref=subject_ref)
        said.made_by = actor
        save_tracked(said, actor=actor, now=now, reason=reason)
    return said


def clear_availability(
    person: Any, *, actor: Any, now: datetime, source: str = Source.PERSON, subject_ref: str = "", reason: str = ""
) -> bool:
    """Takes back what `source` said about `person` and the same thing; False when there was nothing. Raises NotAllowed."""
    _require(person, actor)
    with frames["act"]("availability.cleared", actor=actor, now=now, subject=person, why=reason) as running:
        before = _standing(person, source, subject_ref, now)
        if not before:
            running.nothing_happened()
        _end(before, actor, now, reason)
    return bool(before)


def _standing(person: Any, source: str, subject_ref: str, now: datetime) -> list[Availability]:
    # Two statements at once follow each other, so that the later one ends the earlier.
    User.objects.select_for_update(of=("self",)).get(pk=person.pk)
    rows = Availability.objects.select_for_update(of=("self",)).filter(person=person, source=source, subject_ref=subject_ref, ended_at=None)
    return [row for row in rows if row.until is None or row.until > now]


def _end(statements: list[Availability], actor: Any, now: datetime, reason: str) -> None:
    for said in statements:
        said.ended_at = now
        save_tracked(said, actor=actor, now=now, reason=reason)


def _problem_with(until: datetime | None, now: datetime) -> str:
    if until is None:
        return ""
    if until <= now:
        return "The end is already over. Give a time that is still to come."
    return "The end is more than a year away. Leave it empty, or take the person out of the rotation." if until > now + LONGEST else ""


def _require(person: Any, actor: Any) -> None:
    if actor is None or not (actor.is_active and actor.pk == person.pk):
        require(actor, RIGHT, person, to="say whether this person is available")
