"""Who sits behind the targets of a policy at an instant, and why nobody does where nobody does."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from policies.decisions.escalation_facts import Roster, Seat
from policies.decisions.rota import Duty, duty_at
from policies.decisions.ruleset import PolicySnapshot, TargetRule
from policies.models import OnCallSchedule, Role
from policies.oncall.queries import rotas
from portal.foundation.people.addresses import problem_with
from portal.foundation.people.models import ContactPoint, User


class Candidate(NamedTuple):
    """Somebody who may hold a place, and why; nobody when `problem` says that nobody does."""

    person_id: int | None
    why: str
    problem: str = ""


class Known(NamedTuple):
    """What stands behind targets: roles, and the duties of schedules, by primary key; schedules of a team by its key, by name."""

    roles: dict[int, Role]
    duties: dict[int, tuple[str, Duty | None]]
    of_team: dict[int, list[int]]


def roster_at(snapshot: PolicySnapshot, at: datetime, *, from_level: int = 0) -> Roster:
    """The seats of every level from `from_level` up, resolved at `at`. Six queries at most, whatever there is to look up."""
    levels = [level for level in snapshot.levels if level.number >= from_level]
    targets = [target for level in levels for target in level.targets]
    known = _known(targets, at)
    candidates = {(level.number, target.position): _candidates(target, known) for level in levels for target in level.targets}
    wanted = {candidate.person_id for found in candidates.values() for candidate in found if candidate.person_id is not None}
    people = User.objects.in_bulk(wanted) if wanted else {}
    reachable = _reachable(people)
    return Roster(tuple(_seat(*place, found, people, reachable) for place, found in candidates.items()))


def _known(targets: Iterable[TargetRule], at: datetime) -> Known:
    roles = {target.role_id for target in targets if target.role_id is not None}
    teams = {target.team_id for target in targets if target.team_id is not None}
    named = {target.schedule_id for target in targets if target.schedule_id is not None}
    schedules = list(OnCallSchedule.objects.filter(Q(pk__in=named) | Q(team__in=teams)).order_by("name")) if named or teams else []
    plans = rotas(schedules, at) if schedules else {}
    of_team: dict[int, list[int]] = {team: [] for team in teams}
    for schedule in schedules:
        if schedule.team_id in of_team:
            of_team[schedule.team_id].append(schedule.pk)
    return Known(
        Role.objects.in_bulk(roles) if roles else {},
        {key: (plan.name, duty_at(plan, at)) for key, plan in plans.items()},
        of_team,
    )


def _candidates(target: TargetRule, known: Known) -> list[Candidate]:
    """Whoever may hold the place, in the order in which they are tried."""
    if target.schedule_id is not None:
        return [_on_duty(target.schedule_id, target.name, known)]
    if target.role_id is not None:
        return _in_role(known.roles.get(target.role_id), target.name)
    if target.team_id is not None:
        on_duty = [_on_duty(schedule, "", known) for schedule in known.of_team[target.team_id]]
        somebody = [candidate for candidate in on_duty if candidate.person_id is not None]
        return somebody or [Candidate(None, "", f"Nobody is {target.name}.")]
    return [Candidate(target.person_id, f"Named in the policy as {target.role}.")]


def _on_duty(schedule: int, name: str, known: Known) -> Candidate:
    name, duty = known.duties.get(schedule, (name, None))
    if duty is None:
        return Candidate(None, "", f"Nobody is on call in {name}.")
    return Candidate(duty.person_id, f"{duty.reason[:1].upper()}{duty.reason[1:].rstrip('.')}.")


def _in_role(role: Role | None, name: str) -> list[Candidate]:
    if role is None or (role.holder_id is None and role.deputy_id is None):
        return [Candidate(None, "", f"Nobody holds the role {name}.")]
    holder = [Candidate(role.holder_id, f"Holds the role {role.name}.")] if role.holder_id is not None else []
    alone = "" if holder else " Nobody holds it."
    deputy = [Candidate(role.deputy_id, f"Deputy in the role {role.name}.{alone}")] if role.deputy_id is not None else []
    return holder + deputy


def _seat(level: int, position: int, candidates: list[Candidate], people: dict[int, User], reachable: set[int]) -> Seat:
    """The first candidate who can be alerted, with what stood in the way of those before; the first one when nobody can."""
    passed: list[str] = []
    for candidate in candidates:
        person = people.get(candidate.person_id) if candidate.person_id is not None else None
        problem = candidate.problem or _problem(person, reachable)
        if not problem:
            return Seat(level, position, candidate.person_id, str(person), " ".join((candidate.why, *passed)))
        passed.append(problem)
    first = people.get(candidates[0].person_id or 0)
    return Seat(level, position, candidates[0].person_id, str(first or ""), candidates[0].why, " ".join(passed))


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
