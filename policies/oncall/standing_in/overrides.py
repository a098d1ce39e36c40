"""Somebody takes over for a while. What was made never changes; it can only be ended."""

from datetime import datetime
from typing import Any

from audit.events.services import act
from policies.decisions.rota import Change, RotaPerson, RotaSnapshot, changes, slots
from policies.oncall.models import OnCallSchedule
from policies.oncall.queries import rota_of
from policies.oncall.stretches import from_to, refuse, said, stretch
from policies.oncall.telling import page_of, tell_changes
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import WrongState
from portal.foundation.people.models import User

from .models import DutyAbsence, OnCallOverride


def make_override(
    schedule: OnCallSchedule, *, person: User, starts_at: datetime, ends_at: datetime, actor: Any, now: datetime, reason: str
) -> OnCallOverride:
    """Puts `person` on duty from `starts_at` until `ends_at`, whoever's turn it is. Whose duty changes is told.

    Raises NotAllowed, and InvalidInput for a stretch that cannot be meant, no reason, and a person who left, is away then, or is on duty
    then anyway.
    """
    require(actor, "policies.add_oncalloverride", schedule, to="make an override")
    words = said(reason, "Say in a sentence why somebody takes over.")
    starts_at, ends_at = stretch(starts_at, ends_at, now, what="An override")
    with act("oncall_override.made", actor=actor, now=now, why=words) as running:
        schedule = OnCallSchedule.objects.select_for_update(of=("self",)).get(pk=schedule.pk)
        must_be_there(person, starts_at, ends_at, "person")
        before = rota_of(schedule, now)
        replaced = people_on_duty(before, starts_at, ends_at)
        if replaced == [RotaPerson(person.pk, str(person))]:
            refuse(f"{person} is on duty then anyway.", "person")
        instead = replaced[0].person_id if len(replaced) == 1 and replaced[0] is not None else None
        made = OnCallOverride(
            schedule=schedule, person=person, instead_of_id=instead, starts_at=starts_at, ends_at=ends_at, reason=words,
            made_at=now, made_by=actor,
        )  # fmt: skip
        save_tracked(made, actor=actor, now=now, reason=words)
        running.subject = made
        found = changes(before, rota_of(schedule, now), starts_at, ends_at)
        running.details = {"told": _tell(made, found, f"An override was made: {words}", actor, now)}
    return made


def end_override(override: OnCallOverride, *, actor: Any, now: datetime, reason: str) -> OnCallOverride:
    """Ends an override: one that runs counts until now, one that is still to come never does. Whose duty changes is told.

    Raises NotAllowed, InvalidInput without a reason, and WrongState when it is over.
    """
    require(actor, "policies.change_oncalloverride", override, to="end this override")
    words = said(reason, "Say in a sentence why the override ends.")
    with act("oncall_override.ended", actor=actor, now=now, subject=override, why=words) as running:
        schedule = OnCallSchedule.objects.select_for_update(of=("self",)).get(pk=override.schedule_id)
        override = OnCallOverride.objects.select_for_update(of=("self",)).get(pk=override.pk)
        must_not_be_over(override, now, "override")
        before = rota_of(schedule, now)
        override.ended_at, override.ended_by = now, actor
        save_tracked(override, actor=actor, now=now, reason=words)
        found = changes(before, rota_of(schedule, now), max(now, override.starts_at), override.ends_at)
        running.details = {"told": _tell(override, found, f"An override was ended: {words}", actor, now)}
    return override


def people_on_duty(rota: RotaSnapshot, since: datetime, until: datetime) -> list[RotaPerson | None]:
    """Everybody on duty at some time from `since` until `until`, each once; None stands for nobody."""
    return list(dict.fromkeys(slot.person for slot in slots(rota, since, until)))


def must_be_there(person: User, since: datetime, until: datetime, field: str) -> None:
    """Raises InvalidInput at `field` for a person who left, or is away at some time from `since` until `until`."""
    fresh = User.objects.filter(pk=person.pk).first()
    if fresh is None or not fresh.is_active:
        refuse(f"{person} can no longer sign in, so nobody would be on duty. Choose somebody else.", field)
    rows = DutyAbsence.objects.filter(person=person, starts_at__lt=until, ends_at__gt=since)
    for away in rows.order_by("starts_at"):
        ends = min(away.ends_at, away.ended_at or away.ends_at)
        if max(since, away.starts_at) < min(until, ends):
            when = from_to(away.starts_at, ends, person.time_zone)
            refuse(f"{person} is away {when} ({away.get_kind_display()}). Choose somebody else, or end the absence first.", field)


def must_not_be_over(row: Any, now: datetime, what: str) -> None:
    """Raises WrongState for an override or an absence that ended, or whose time is over."""
    if row.ended_at is not None:
        raise WrongState(f"This {what} was ended already.")
    if row.ends_at <= now:
        raise WrongState(f"This {what} is over. Who was on duty stays as it was.")


def _tell(made: OnCallOverride, found: list[Change], why: str, actor: Any, now: datetime) -> list[str]:
    title = f"{made.schedule}: your duty changes"
    return tell_changes(made, found, kind="duty.override", title=title, why=why, now=now, page=page_of(made.schedule), without=actor)
