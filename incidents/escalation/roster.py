"""Who sits behind the targets of a policy at an instant, and why nobody does where nobody does."""

from collections.abc import Iterable
from datetime import datetime

from policies.decisions.escalation_facts import Roster, Seat
from policies.decisions.rota import Duty
from policies.decisions.ruleset import LevelRule, PolicySnapshot, TargetRule
from policies.models import OnCallSchedule
from policies.oncall.queries import on_call
from portal.foundation.people.addresses import problem_with
from portal.foundation.people.models import ContactPoint, User


def roster_at(snapshot: PolicySnapshot, at: datetime, *, from_level: int = 0) -> Roster:
    """The seats of every level from `from_level` up, resolved at `at`. Queries: three, and two a schedule."""
    levels = [level for level in snapshot.levels if level.number >= from_level]
    duties = _duties(levels, at)
    holders = {(level.number, target.position): _holder(target, duties) for level in levels for target in level.targets}
    people = User.objects.in_bulk({person for person, _, _ in holders.values() if person is not None})
    reachable = _reachable(people)
    seats = []
    for (level, position), (person_id, why, problem) in holders.items():
        person = people.get(person_id) if person_id is not None else None
        name = str(person) if person else ""
        seats.append(Seat(level, position, person_id, name, why, problem or _problem(person, reachable)))
    return Roster(tuple(seats))


def _duties(levels: Iterable[LevelRule], at: datetime) -> dict[int, tuple[str, Duty | None]]:
    wanted = {target.schedule_id for level in levels for target in level.targets if target.schedule_id is not None}
    schedules = OnCallSchedule.objects.filter(pk__in=wanted)
    return {schedule.pk: (schedule.name, on_call(schedule, at)) for schedule in schedules}


def _holder(target: TargetRule, duties: dict[int, tuple[str, Duty | None]]) -> tuple[int | None, str, str]:
    """Person, why they hold the place, and what is wrong when nobody does."""
    if target.schedule_id is None:
        return target.person_id, f"Named in the policy as {target.role}.", ""
    name, duty = duties.get(target.schedule_id, (target.name, None))
    if duty is None:
        return None, "", f"Nobody is on call in {name}."
    return duty.person_id, f"{duty.reason[:1].upper()}{duty.reason[1:].rstrip('.')}.", ""


def _reachable(people: Iterable[int]) -> set[int]:
    points = ContactPoint.objects.filter(person_id__in=people, active=True)
    return {point.person_id for point in points if not problem_with(point.channel, point.address)}


def _problem(person: User | None, reachable: set[int]) -> str:
    if person is None:
        return "The person no longer exists."
    if not person.is_active:
        return f"{person} is inactive."
    if person.pk not in reachable:
        return f"{person} has no active contact point."
    return ""
