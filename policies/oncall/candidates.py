"""The people behind the targets of levels, and behind teams, as candidates: with all that routing asks about them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q

from policies.catalogue.models import Region, Role, Team
from policies.decisions.rota import on_duty_at
from policies.decisions.routing import CandidateFacts, Reach, Source, Standing
from policies.decisions.ruleset import TargetRule
from policies.oncall.standing_in.models import DutyAbsence
from portal.foundation.people.availability import Presence, Statement
from portal.foundation.people.models import User
from portal.foundation.people.queries import presence, said_of
from portal.foundation.people.reach import Reach as ReachOf
from portal.foundation.people.reach import reach_of
from portal.foundation.people.wanted import items

from .queries import NO_TIME, Planned, planned, still_counts


class Named(NamedTuple):
    """Somebody whom a source names, and the sentence that says so."""

    person_id: int
    why: str
    source: Source


class Behind(NamedTuple):
    """Who is behind a target, in the order of the source; `nobody` says why there is nobody."""

    people: tuple[CandidateFacts, ...]
    nobody: str


class PeopleAt(NamedTuple):
    """What is known of people at an instant, each by primary key; `away` says why and until when, `works_in` names regions."""

    people: Mapping[int, User]
    reach: ReachOf
    presence: Mapping[int, Presence]
    away: Mapping[int, tuple[str, datetime | None]]
    works_in: Mapping[int, tuple[str, ...]]

    def candidates(self, named: Iterable[Named]) -> tuple[CandidateFacts, ...]:
        """Those named, in their order, with all that routing asks about them."""
        return tuple(self._candidate(who, place) for place, who in enumerate(named, start=1))

    def _candidate(self, who: Named, place: int) -> CandidateFacts:
        person = self.people.get(who.person_id)
        said = self.presence[who.person_id]
        absent = self.away.get(who.person_id)
        standing = (Standing.AWAY, *absent) if absent else (Standing(said.state.value), _lowered(said.why), said.until)
        return CandidateFacts(
            who.person_id,
            str(person) if person else "Somebody who no longer exists",
            who.why,
            who.source,
            place,
            skills=items(person.skills) if person else (),
            languages=items(person.languages) if person else (),
            regions=self.works_in.get(who.person_id, ()),
            standing=standing[0],
            occupied=standing[1],
            until=standing[2],
            active=person is not None and person.is_active,
            reach=_reach(who.person_id, *self.reach),
        )


class Known(NamedTuple):
    """Roles by primary key, and schedules with their place in their team."""

    roles: Mapping[int, Role]
    schedules: Sequence[Planned]


class Lookup:
    """Everybody behind some targets at one instant, looked up once, so that one incident after the other can ask without a query."""

    def __init__(self, targets: Collection[TargetRule], at: datetime, regions: Iterable[tuple[int, str]] = ()) -> None:
        """Twelve queries at most, whatever there is to look up. `regions` are those that matter, with the names to give them."""
        known = known_of(targets, at)
        self._at = at
        self._named = {target: named_by(target, known, at) for target in targets}
        ids = {who.person_id for found, _ in self._named.values() for who in found}
        self._said = said_of(ids, at)
        self._people = _people_at(ids, at, self._said, regions)
        self._held = {one.about for said in self._said.values() for one in said if one.held}
        self._told: dict[str, dict[TargetRule, Behind]] = {}

    def counts(self, apart_from: str) -> str:
        """`apart_from` where it keeps somebody busy, else '': all that can differ from incident to incident."""
        return apart_from if apart_from in self._held else ""

    def behind(self, apart_from: str = "") -> Mapping[TargetRule, Behind]:
        """Who is behind each target when what hangs on `apart_from`, such as an incident, keeps nobody busy."""
        about = self.counts(apart_from)
        if about not in self._told:
            people = self._people
            if about:
                free = {person: presence(said, self._at, apart_from=about) for person, said in self._said.items()}
                people = people._replace(presence={**people.presence, **free})
            self._told[about] = {target: Behind(people.candidates(found), nobody) for target, (found, nobody) in self._named.items()}
        return self._told[about]


def of_team(team: Team | None, at: datetime) -> tuple[CandidateFacts, ...]:
    """Whoever is on duty for `team` at `at`, schedule by schedule, then its other members; for None everybody on duty anywhere."""
    schedules = planned(Q() if team is None else Q(team=team), at, back=NO_TIME)
    found = _on_duty(sorted(schedules, key=_in_team), at)
    if team is not None:
        members = team.members.order_by("display_name", "username").values_list("pk", flat=True)
        found += [Named(person, f"A member of {team}, not on call.", Source.MEMBER) for person in members]
    ids = {who.person_id for who in found}
    return _people_at(ids, at, said_of(ids, at), Region.objects.values_list("pk", "name")).candidates(found)


def known_of(targets: Iterable[TargetRule], since: datetime) -> Known:
    """All that says who is behind `targets`, at whatever instant from `since` on. Six queries at most."""
    roles = {target.role_id for target in targets if target.role_id is not None}
    teams = {target.team_id for target in targets if target.team_id is not None}
    named = {target.schedule_id for target in targets if target.schedule_id is not None}
    schedules = planned(Q(pk__in=named) | Q(team__in=teams), since, back=NO_TIME) if named or teams else []
    return Known(Role.objects.in_bulk(roles) if roles else {}, sorted(schedules, key=_in_team))


def _in_team(schedule: Planned) -> tuple[int, str]:
    return schedule.order, schedule.name


def named_by(target: TargetRule, known: Known, at: datetime) -> tuple[list[Named], str]:
    """Whoever may hold the place, in the order in which they are tried, and what is said when nobody may."""
    if target.schedule_id is not None:
        schedules = [schedule for schedule in known.schedules if schedule.schedule_id == target.schedule_id]
        name = schedules[0].name if schedules else target.name
        return _on_duty(schedules, at), f"Nobody is on call in {name}."
    if target.role_id is not None:
        return _in_role(known.roles.get(target.role_id), target.name)
    if target.team_id is not None:
        # Duty follows the sun: the first schedule with somebody on duty has it, the others stand behind.
        return _on_duty([schedule for schedule in known.schedules if schedule.team_id == target.team_id], at), f"Nobody is {target.name}."
    who = [] if target.person_id is None else [Named(target.person_id, f"Named in the policy as {target.role}.", Source.NAMED)]
    return who, f"Nobody is known for {target.name}."


def _on_duty(schedules: Iterable[Planned], at: datetime) -> list[Named]:
    """Schedule by schedule whoever its final view has, then whoever the layers under it have."""
    return [
        Named(found.person.person_id, f"{found.why.rstrip('.')} ({schedule.name}).", Source.ON_CALL)
        for schedule in schedules
        for found in on_duty_at(schedule.rota, at)
    ]


def _in_role(role: Role | None, name: str) -> tuple[list[Named], str]:
    if role is None or (role.holder_id is None and role.deputy_id is None):
        return [], f"Nobody holds the role {name}."
    holder = [Named(role.holder_id, f"Holds the role {role.name}.", Source.ROLE)] if role.holder_id is not None else []
    alone = "" if holder else " Nobody holds it."
    deputy = [Named(role.deputy_id, f"Deputy in the role {role.name}.{alone}", Source.ROLE)] if role.deputy_id is not None else []
    return holder + deputy, ""


def _people_at(
    ids: Collection[int], at: datetime, said: Mapping[int, Collection[Statement]], regions: Iterable[tuple[int, str]]
) -> PeopleAt:
    """What is known of these people, of whom `said` tells who can take something. Three queries, four with regions."""
    people = User.objects.in_bulk(ids) if ids else {}
    standing = {person: presence(said.get(person, ()), at) for person in ids}
    return PeopleAt(people, reach_of(ids, at), standing, _absent(ids, at), _work_in(ids, regions))


def _work_in(ids: Collection[int], regions: Iterable[tuple[int, str]]) -> dict[int, tuple[str, ...]]:
    """Of a region that was renamed, versions may know two names: whoever works there has both."""
    rounds: list[dict[int, str]] = [{}]
    for region, name in regions:
        free = next((names for names in rounds if region not in names), None)
        if free is None:
            rounds.append(free := {})
        free[region] = name
    found: dict[int, tuple[str, ...]] = {}
    for names in rounds:
        for person, where in works_in(ids, names).items():
            found[person] = (*found.get(person, ()), *where)
    return found


def _reach(
    person: int, unreachable: frozenset[int], only_email: frozenset[int], unverified: frozenset[int], expired: frozenset[int]
) -> Reach:
    if person in unreachable:
        return Reach.ONLY_EMAIL if person in only_email else Reach.NONE
    return Reach.UNVERIFIED if person in unverified or person in expired else Reach.VERIFIED


def _absent(people: Collection[int], at: datetime) -> dict[int, tuple[str, datetime | None]]:
    """Why and until when each of those who are off duty everywhere is."""
    rows = DutyAbsence.objects.filter(still_counts(at), person__in=people, starts_at__lte=at).order_by("ends_at")
    return {row.person_id: (row.get_kind_display(), min(row.ends_at, row.ended_at or row.ends_at)) for row in rows}


def works_in(people: Collection[int], regions: Mapping[int, str]) -> dict[int, tuple[str, ...]]:
    """In which of `regions` each of `people` works, by name. One query at most."""
    if not regions:
        return {}
    found: dict[int, tuple[str, ...]] = {}
    links = Region.people.through.objects.filter(region__in=list(regions), user__in=people).order_by("region_id")
    for person, region in links.values_list("user_id", "region_id"):
        found[person] = (*found.get(person, ()), regions[region])
    return found


def _lowered(sentence: str) -> str:
    return f"{sentence[:1].lower()}{sentence[1:].rstrip('.')}"
