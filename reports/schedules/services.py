"""What people do with schedules of packs: keep one, change it, pause it and let it go on. Its life is that of everything kept under a name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from audit.events.services import act
from audit.keeping.life import Life
from policies.models import BusinessUnit, Service
from portal.foundation.access.checks import may, require
from portal.foundation.base_models import save_tracked
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.foundation.words import visible
from reports.packs.packing import chosen_formats
from reports.packs.runs import BUILD
from reports.packs.units import Unit

from .models import ROLE_TITLES, PackSchedule

SCHEDULES = Life(
    PackSchedule, BUILD, event="pack_schedule", noun="schedule", whole="schedule of packs", same="the same unit, quarter and times"
)
TIMES = ("which", "rhythm", "days", "hour")
COLUMNS = ("unit", "figures", *TIMES, "formats", "roles", "tell_unit")


def make_schedule(wanted: Mapping[str, Any], *, actor: Any, now: datetime, reason: str) -> PackSchedule:
    """A new one of `wanted`, by the names of its columns, which begins with what is due after `now`. Raises NotAllowed and InvalidInput."""
    said = _admitted(actor, reason, "keep a schedule of packs", "Say what these packs are for.")
    row = _checked(PackSchedule(), wanted, actor, now)
    with SCHEDULES.beginning(
        str(wanted.get("name", "")),
        actor=actor,
        now=now,
        purpose=said,
        shared=True,
        counts_from=now,
        **{name: row[name] for name in COLUMNS},
    ) as (schedule, running):
        running.details = _told(schedule)
    return schedule


def change_schedule(schedule: PackSchedule, wanted: Mapping[str, Any], *, actor: Any, now: datetime, reason: str) -> PackSchedule:
    """Gives it what is `wanted`; the rest stays. With other times it begins anew with what is due after `now`.

    Raises NotAllowed for somebody else's, InvalidInput, WrongState for one that is retired.
    """
    said = _admitted(actor, reason, "change a schedule of packs", "Say why the schedule changes.")
    with SCHEDULES.changing(schedule, actor=actor, now=now, reason=said) as (found, running):
        row = _checked(found, wanted, actor, now)
        changed = [name for name in COLUMNS if row[name] != getattr(found, name)]
        if not changed:
            running.nothing_happened()
            return found
        for name in changed:
            setattr(found, name, row[name])
        if set(changed) & set(TIMES):
            found.counts_from = now
        save_tracked(found, actor=actor, now=now, reason=said)
        running.details = _told(found)
    return found


def pause(schedule: PackSchedule, *, actor: Any, now: datetime, reason: str) -> PackSchedule:
    """Makes no more packs until somebody lets it go on; whoever may build packs may, and the portal itself. Raises NotAllowed, WrongState."""
    require(actor, BUILD, to="pause a schedule of packs")
    if not (said := visible(reason)):
        raise InvalidInput("The schedule is not paused.", {"reason": ["Say why no packs are made by it for now."]})
    with act("pack_schedule.paused", actor=actor, now=now, subject=schedule, why=said):
        found = _live(schedule)
        if found.paused_at is not None:
            raise WrongState("The schedule is paused already.")
        found.paused_at, found.paused_because = now, said
        save_tracked(found, actor=actor, now=now, reason=said)
    return found


def resume(schedule: PackSchedule, *, actor: Any, now: datetime, reason: str = "") -> PackSchedule:
    """Its owner lets it go on, with what is due after `now`: what was missed while it stood is not made up for.

    Raises NotAllowed for somebody else's, WrongState while what made it pause is still so.
    """
    require(actor, BUILD, to="let a schedule of packs go on")
    if actor is None or schedule.owner_id != actor.pk:
        raise NotAllowed(f"Packs are made in the name of {schedule.owner}, so only they let the schedule go on.")
    with act("pack_schedule.resumed", actor=actor, now=now, subject=schedule, why=visible(reason)):
        found = _live(schedule)
        if found.paused_at is None:
            raise WrongState("The schedule is not paused.")
        if why := why_not(found):
            raise WrongState(f"The schedule cannot go on. {why}")
        found.paused_at, found.paused_because, found.counts_from = None, "", now
        save_tracked(found, actor=actor, now=now, reason=visible(reason))
    return found


def why_not(schedule: PackSchedule) -> str:
    """Why no pack can be made in the name of its owner and of its unit, in a sentence without a name; empty when one can."""
    if not schedule.owner.is_active:
        return "Its owner has left. Somebody who may build packs has to take it over."
    if not may(schedule.owner, BUILD):
        return "Its owner may no longer build packs. Retire it, or give its owner the right again."
    if schedule.unit is not None and not _has_services(schedule.unit):
        return "The business unit has no services any more, so there is nothing to report on. Retire the schedule, or choose another unit."
    return ""


def _has_services(unit: BusinessUnit) -> bool:
    return Service.objects.filter(business_unit__in=Unit.of(unit).keys).exists()


def _live(schedule: PackSchedule) -> PackSchedule:
    found = PackSchedule.objects.select_for_update(of=("self",)).select_related("owner", "unit").get(pk=schedule.pk)
    if found.retired_at is not None:
        raise WrongState("The schedule was retired. Make a new one.")
    return found


def _admitted(actor: Any, reason: str, to: str, ask: str) -> str:
    """The reason in its words. Raises NotAllowed, and InvalidInput without one."""
    if actor is None:
        raise NotAllowed(f"A person has to {to}: packs are made in somebody's name.")
    require(actor, BUILD, to=to)
    if not (said := visible(reason)):
        raise InvalidInput(ask, {"reason": [ask], "why": [ask]})
    return said


def _checked(schedule: PackSchedule, wanted: Mapping[str, Any], actor: Any, now: datetime) -> dict[str, Any]:
    """Its columns as they would be. Raises InvalidInput with everything that is wrong with them, by field."""
    row = {name: wanted.get(name, getattr(schedule, name)) for name in COLUMNS}
    problems: dict[str, list[str]] = {}
    try:
        row["formats"] = list(chosen_formats(row["formats"]))
    except InvalidInput as error:
        problems["formats"] = [error.message]
    unknown = [key for key in row["roles"] if key not in ROLE_TITLES]
    if unknown:
        problems["roles"] = ["People of this role may not see packs. Choose among those listed."]
    row["roles"] = [key for key in ROLE_TITLES if key in row["roles"]]
    if row["tell_unit"] and row["unit"] is None:
        problems["tell_unit"] = ["The whole organisation has no people of its own unit. Choose roles, or a business unit."]
    if row["unit"] is not None and not _has_services(row["unit"]):
        problems["unit"] = [f"{row['unit']} has no services, so there is nothing to report on. Choose another unit."]
    try:
        would_be = PackSchedule(name="x", owner=actor, created_at=now, counts_from=now, **row)
        would_be.full_clean(exclude=("name", "owner", "is_shared"), validate_unique=False)
    except ValidationError as error:
        for name, said in error.message_dict.items():
            problems.setdefault("" if name == NON_FIELD_ERRORS else name, []).extend(said)
    if problems:
        raise InvalidInput("The schedule is not kept.", problems)
    return row


def _told(schedule: PackSchedule) -> dict[str, Any]:
    return {
        "unit": schedule.unit.name if schedule.unit else "",
        "quarter": schedule.which,
        "when": schedule.plan.words,
        "figures": schedule.figures,
        "formats": schedule.formats,
        "roles": schedule.roles,
        "tell_unit": schedule.tell_unit,
    }
