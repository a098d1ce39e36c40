"""Who sits where at any instant of a made-up incident, and how they are reached: read once, asked as often as the simulation likes.

The schedules, absences and statements count as they are planned for the made-up time; contact points as they are now. Real incidents
keep nobody busy.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from django.db.models import Q

from policies.decisions.escalation_facts import Roster
from policies.decisions.routing import CandidateFacts, Standing
from policies.decisions.ruleset import LevelRule
from policies.decisions.seating import seat_for
from policies.decisions.vocabulary import Track
from policies.oncall.candidates import Known, PeopleAt, known_of, named_by, works_in
from policies.oncall.queries import still_counts
from policies.oncall.roster import wanted_at
from policies.oncall.standing_in.models import DutyAbsence
from portal.foundation.people.availability import Presence, Source, State, Statement, what_follows
from portal.foundation.people.models import Availability, User
from portal.foundation.people.reach import reach_of

SAID = "as the simulation has it"


class People:
    """Everybody whom the levels of `tracks` can name from `since` on. Eleven queries at most, however long the simulation goes on.

    `now` is when it is really asked: as contact points are known then.
    """

    def __init__(self, tracks: Mapping[Track, Collection[LevelRule]], since: datetime, now: datetime) -> None:
        self._tracks = tracks
        levels = [level for found in tracks.values() for level in found]
        targets = [target for level in levels for target in level.targets]
        self._known: Known = known_of(targets, since)
        self.ids = _everybody(self._known, (target.person_id for target in targets))
        regions = {level.region_id: level.region for level in levels if level.region_id is not None}
        self.by_id: dict[int, User] = User.objects.in_bulk(self.ids) if self.ids else {}
        self._reach, self._works_in = reach_of(self.ids, now), works_in(self.ids, regions)
        self._said, self._absent = _statements(self.ids, since), _absences(self.ids, since)
        self._seen: dict[tuple[Track, datetime, bool, tuple[tuple[int, str], ...]], Roster] = {}

    def roster(self, track: Track, at: datetime, urgent: bool, standings: Mapping[int, str]) -> Roster:
        """The seats of `track` at `at`. `standings` are those whom the script makes 'busy' or 'away'."""
        key = (track, at, urgent, tuple(sorted(standings.items())))
        if key not in self._seen:
            self._seen[key] = self._seats(track, at, urgent, standings)
        return self._seen[key]

    def _seats(self, track: Track, at: datetime, urgent: bool, standings: Mapping[int, str]) -> Roster:
        people, seats = self._at(at), []
        for level in self._tracks[track]:
            for target in level.targets:
                named, nobody = named_by(target, self._known, at)
                found = tuple(_as_said(person, standings) for person in people.candidates(named))
                seats.append(seat_for(level.number, target.position, wanted_at(level, urgent=urgent), found, nobody, at))
        return Roster(tuple(seats))

    def _at(self, at: datetime) -> PeopleAt:
        presence: dict[int, Presence] = {person: what_follows(self._said.get(person, ()), at) for person in self.ids}
        away = {row.person_id: (row.get_kind_display(), _end(row)) for row in self._absent if row.starts_at <= at < _end(row)}
        return PeopleAt(self.by_id, self._reach, presence, away, self._works_in)


def _everybody(known: Known, named: Iterable[int | None]) -> set[int]:
    """Primary keys of everybody who may be behind a target, at whatever instant."""
    found = {person for person in named if person is not None}
    found |= {person.person_id for schedule in known.schedules for person in schedule.rota.everybody()}
    held = [person for role in known.roles.values() for person in (role.holder_id, role.deputy_id)]
    return found | {person for person in held if person is not None}


def _statements(people: Collection[int], since: datetime) -> dict[int, list[Statement]]:
    """What people and their calendars say, each until it is over or was taken back."""
    found: dict[int, list[Statement]] = defaultdict(list)
    for row in Availability.objects.filter(Q(until__isnull=True) | Q(until__gt=since), person__in=people).exclude(
        source=Source.ENGINE.value
    ):
        ends = [moment for moment in (row.until, row.ended_at) if moment is not None]
        until = min(ends, default=None)
        if until is None or until > max(row.since, since):
            found[row.person_id].append(Statement(State(row.state), Source(row.source), row.since, until, row.subject_ref))
    return found


def _absences(people: Collection[int], since: datetime) -> list[DutyAbsence]:
    return list(DutyAbsence.objects.filter(still_counts(since), person__in=people).order_by("ends_at"))


def _end(row: DutyAbsence) -> datetime:
    return min(row.ends_at, row.ended_at or row.ends_at)


def _as_said(person: CandidateFacts, standings: Mapping[int, str]) -> CandidateFacts:
    said = standings.get(person.person_id)
    return person if said is None else replace(person, standing=Standing(said), occupied=SAID, until=None)
