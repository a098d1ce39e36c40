"""Who is on call for a schedule, a team or a service: now, next, at any instant, and why.

A team's duty is that of the first of its schedules, in their order, that has somebody on duty: so it follows the sun. A service's duty is
its team's. Ask for many at once: the number of queries is the same for one and for a thousand.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import Q

from policies.catalogue.models import Service, Team
from policies.decisions.rota import RotaPerson, Slot, Source, on_duty_at, slots

from .models import OnCallSchedule
from .queries import NO_TIME, Planned, planned

# How far a duty's end is looked for, step by step; what lasts longer counts as endless.
REACHES = tuple(timedelta(days=days) for days in (8, 60, 400))


@dataclass(frozen=True, slots=True)
class Backup:
    """Somebody who stands behind the person on duty, and why."""

    person_id: int
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call, by which schedule, until when (excluded, UTC; None when no end is near) and why; nobody, said in words in `why`.

    `source` tells what put them on duty. `backups` would be next in the same schedule, in order.
    """

    person: RotaPerson | None
    why: str
    schedule_id: int | None = None
    schedule: str = ""
    until: datetime | None = None
    source: Source = Source.GAP
    backups: tuple[Backup, ...] = ()


def on_call_of_schedules(schedules: Iterable[OnCallSchedule], at: datetime) -> dict[int, OnCall]:
    """Who is on call in each schedule at `at`, by primary key. Five queries for all."""
    keys = [schedule.pk for schedule in schedules]
    return {plan.schedule_id: _in_schedule(plan, at) for plan in _asked(Q(pk__in=keys), at, bool(keys))}


def on_call_of_teams(teams: Iterable[Team], at: datetime) -> dict[int, OnCall]:
    """Who is on call for each team at `at`, by primary key. Five queries for all."""
    named = {team.pk: team.name for team in teams}
    of_team = plans_of_teams(named, at)
    return {key: _in_team(name, of_team.get(key, ()), at) for key, name in named.items()}


def on_call_of_services(services: Iterable[Service], at: datetime) -> dict[int, OnCall]:
    """Who is on call for each service at `at`, by primary key. Five queries for all, one more for teams that are not loaded yet."""
    wanted = list(services)
    names: dict[int, str] = {}
    missing: set[int] = set()
    for service in wanted:
        if service.team_id and "team" in service._state.fields_cache:
            names[service.team_id] = str(service.team)
        elif service.team_id:
            missing.add(service.team_id)
    if missing - names.keys():
        names |= dict(Team.objects.filter(pk__in=missing).values_list("pk", "name"))
    of_team = plans_of_teams(names, at)
    found = {key: _in_team(name, of_team.get(key, ()), at) for key, name in names.items()}
    return {service.pk: found[service.team_id] if service.team_id else _without_team(service) for service in wanted}


def plans_of_teams(teams: Iterable[int], since: datetime) -> dict[int, list[Planned]]:
    """The schedules of each team as plain values from `since` on, in their order."""
    of_team: dict[int, list[Planned]] = defaultdict(list)
    keys = list(teams)
    for plan in sorted(_asked(Q(team__in=keys), since, bool(keys)), key=lambda plan: plan.order):
        of_team[plan.team_id or 0].append(plan)
    return of_team


def following_the_sun(plans: Sequence[Planned], since: datetime, until: datetime) -> list[tuple[Slot, Planned | None]]:
    """The final view of several schedules taken together, each slot with the schedule it is from; None where nobody is on duty.

    Of `plans`, which stand in their order, the first that has somebody on duty counts.
    """
    open_parts = [(since, until)] if since < until else []
    found: list[tuple[Slot, Planned | None]] = []
    for plan in plans:
        left: list[tuple[datetime, datetime]] = []
        for begin, end in open_parts:
            for slot in slots(plan.rota, begin, end):
                if slot.person is None:
                    left.append((slot.since, slot.until))
                else:
                    found.append((slot, plan))
        open_parts = left
    nobody = f"Nobody is on call in {_listed(plans)}." if plans else "There is no schedule."
    found += [(Slot(begin, end, None, Source.GAP, nobody), None) for begin, end in _joined(open_parts)]
    return _one_view(sorted(found, key=lambda part: part[0].since))


def _asked(which: Q, at: datetime, anything: bool) -> list[Planned]:
    return planned(which, at, back=NO_TIME) if anything else []


def _in_schedule(plan: Planned, at: datetime) -> OnCall:
    """The answer of one schedule, somebody or nobody."""
    slot, until = _slot(plan, at)
    if slot.person is None:
        away = " ".join(slot.passed)
        return OnCall(None, f"{slot.why} {away}".rstrip(), plan.schedule_id, plan.name, until)
    behind = [found for found in on_duty_at(plan.rota, at) if not found.away and found.person != slot.person]
    backups = tuple(Backup(found.person.person_id, found.person.name, found.why) for found in behind)
    return OnCall(slot.person, " ".join((slot.why, *slot.passed)), plan.schedule_id, plan.name, until, slot.source, backups)


def _in_team(name: str, plans: Sequence[Planned], at: datetime) -> OnCall:
    """The first schedule with somebody on duty, until its duty ends or an earlier schedule has somebody again."""
    if not plans:
        return OnCall(None, f"Nobody is on call: the team {name} has no schedule.")
    ends: list[datetime] = []
    empty: list[Planned] = []
    for plan in plans:
        found = _in_schedule(plan, at)
        ends += [found.until] if found.until else []
        if found.person is not None:
            before = f" Nobody is on call in {_listed(empty)} at this time." if empty else ""
            return replace(found, why=f"{found.why}{before}", until=min(ends, default=None))
        empty.append(plan)
    return OnCall(None, f"Nobody is on call for the team {name}, not in {_listed(empty)}.", until=min(ends, default=None))


def _without_team(service: Service) -> OnCall:
    return OnCall(None, f"Nobody is on call: the service {service.name} has no team.")


def _slot(plan: Planned, at: datetime) -> tuple[Slot, datetime | None]:
    """What the final view says of `at`, and when that ends; None beyond the last reach."""
    for reach in REACHES:
        view = slots(plan.rota, at, at + reach)
        # What passes over a gap may cut it in two.
        last = view[0] if view[0].person else next((before for before, after in pairwise(view) if after.person), view[-1])
        if last.until < at + reach:
            return view[0], last.until
    return view[0], None


def _listed(plans: Sequence[Planned]) -> str:
    names = [plan.name for plan in plans]
    return f"{', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else "".join(names)


def _joined(parts: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Stretches that touch, put together."""
    joined: list[tuple[datetime, datetime]] = []
    for begin, end in sorted(parts):
        if joined and joined[-1][1] == begin:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((begin, end))
    return joined


def _one_view(parts: list[tuple[Slot, Planned | None]]) -> list[tuple[Slot, Planned | None]]:
    """One duty that was cut where a schedule before it has a gap more or less, put together again."""
    view: list[tuple[Slot, Planned | None]] = []
    for slot, plan in parts:
        if (
            view
            and view[-1][1] is plan
            and view[-1][0].until == slot.since
            and replace(view[-1][0], until=slot.until) == replace(slot, since=view[-1][0].since)
        ):
            view[-1] = (replace(view[-1][0], until=slot.until), plan)
        else:
            view.append((slot, plan))
    return view
