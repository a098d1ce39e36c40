"""What is wrong with the duty ahead: times with nobody, people twice on duty, people whom nothing reaches. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce

from policies.decisions.rota import RotaSnapshot, Slot, slots

Stretch = tuple[datetime, datetime]


class Kind(StrEnum):
    """What a finding says; the order is that of their weight, the worst first."""

    NO_DUTY = "no_duty"
    TEAM_GAP = "team_gap"
    GAP = "gap"
    LEFT = "left"
    UNREACHABLE = "unreachable"
    ONLY_EMAIL = "only_email"
    UNVERIFIED = "unverified"
    EXPIRED = "expired"
    DOUBLE = "double"
    ABSENT = "absent"
    COVERED_GAP = "covered_gap"


WEIGHTS = {kind: weight for weight, kind in enumerate(Kind, start=1)}
# From here on somebody is on duty and can be reached: worth knowing, nothing to be done at once.
NOTES = frozenset({Kind.DOUBLE, Kind.ABSENT, Kind.COVERED_GAP})


@dataclass(frozen=True, slots=True)
class Known:
    """People whom the checks ask about, by primary key; the words are those of portal.foundation.people.reach. Nobody is in two."""

    left: Collection[int] = ()
    unreachable: Collection[int] = ()
    only_email: Collection[int] = ()
    unverified: Collection[int] = ()
    expired: Collection[int] = ()

    def trouble_with(self, person: int) -> Kind | None:
        """The worst that is known of a person; None when alerts reach them."""
        groups = {
            Kind.LEFT: self.left,
            Kind.ONLY_EMAIL: self.only_email,
            Kind.UNREACHABLE: self.unreachable,
            Kind.UNVERIFIED: self.unverified,
            Kind.EXPIRED: self.expired,
        }
        return next((kind for kind, people in groups.items() if person in people), None)


@dataclass(frozen=True, slots=True)
class Found:
    """One finding with all its times, in order: of a schedule or of a team, of a person where one is meant.

    `other_id` is the second schedule of a double booking.
    """

    kind: Kind
    stretches: tuple[Stretch, ...]
    schedule_id: int | None = None
    team_id: int | None = None
    person_id: int | None = None
    other_id: int | None = None

    @property
    def lasts(self) -> timedelta:
        """All its times together."""
        return sum((until - since for since, until in self.stretches), timedelta(0))


@dataclass(slots=True)
class Coverage:
    """Takes schedules one by one, then says what it found. `since` until `until` is what is looked at."""

    since: datetime
    until: datetime
    gaps: dict[int, list[Stretch]] = field(default_factory=dict)
    duties: dict[int, list[tuple[datetime, datetime, int]]] = field(default_factory=lambda: defaultdict(list))
    found: list[Found] = field(default_factory=list)

    def add(self, schedule_id: int, rota: RotaSnapshot, known: Known) -> None:
        """Looks at one schedule for itself; `known` is about everybody in it."""
        view = slots(rota, self.since, self.until)
        self.gaps[schedule_id] = joined((slot.since, slot.until) for slot in view if slot.person is None)
        troubled: dict[tuple[Kind, int], list[Stretch]] = defaultdict(list)
        for slot in view:
            if slot.person is None:
                continue
            person = slot.person.person_id
            self.duties[person].append((slot.since, slot.until, schedule_id))
            trouble = known.trouble_with(person)
            if trouble is not None:
                troubled[trouble, person].append((slot.since, slot.until))
        for (kind, person), times in troubled.items():
            self.found.append(Found(kind, tuple(joined(times)), schedule_id, person_id=person))
        for person, times in absent(rota, view, self.since, self.until).items():
            self.found.append(Found(Kind.ABSENT, tuple(times), schedule_id, person_id=person))

    def all(self, teams: Mapping[int, Sequence[int]]) -> list[Found]:
        """Everything, the worst first; `teams` gives the schedules of each team that has any.

        What several schedules of a team leave open together is said once, of the team.
        """
        found = [*self.found, *double_bookings(self.duties)]
        together = {team: schedules for team, schedules in teams.items() if len(schedules) > 1}
        shared: dict[int, list[Stretch]] = {}
        for team, schedules in together.items():
            common = reduce(overlap, (self.gaps[schedule] for schedule in schedules))
            shared |= dict.fromkeys(schedules, common)
            found += [Found(Kind.TEAM_GAP, tuple(common), team_id=team)] if common else []
        for schedule, times in self.gaps.items():
            kind, rest = (Kind.COVERED_GAP, without(times, shared[schedule])) if schedule in shared else (Kind.GAP, times)
            found += [Found(kind, tuple(rest), schedule)] if rest else []
        return sorted(found, key=lambda one: (WEIGHTS[one.kind], one.stretches[0][0]))


def absent(rota: RotaSnapshot, view: Sequence[Slot], since: datetime, until: datetime) -> dict[int, list[Stretch]]:
    """When somebody would be on duty and is away, and somebody else is there in their place."""
    if not rota.absences or not any(slot.passed for slot in view):
        return {}
    away: dict[int, list[Stretch]] = defaultdict(list)
    taken = joined((slot.since, slot.until) for slot in view if slot.person is not None and slot.passed)
    for slot in slots(replace(rota, absences=()), since, until):
        for absence in rota.absences:
            if slot.person is not None and absence.person_id == slot.person.person_id:
                begin, end = max(slot.since, absence.starts_at), min(slot.until, absence.ends_at)
                if begin < end:
                    away[absence.person_id].append((begin, end))
    met = {person: overlap(joined(times), taken) for person, times in away.items()}
    return {person: times for person, times in met.items() if times}


def double_bookings(duties: Mapping[int, Iterable[tuple[datetime, datetime, int]]]) -> Iterator[Found]:
    """Every pair of schedules that has the same person on duty at once, with the times."""
    for person, held in duties.items():
        ordered = sorted(held)
        running: list[tuple[datetime, datetime, int]] = []
        pairs: dict[tuple[int, int], list[Stretch]] = defaultdict(list)
        for since, until, schedule in ordered:
            running = [one for one in running if one[1] > since]
            for _, ends, other in running:
                if other != schedule:
                    pairs[min(schedule, other), max(schedule, other)].append((since, min(until, ends)))
            running.append((since, until, schedule))
        for (one, other), times in pairs.items():
            yield Found(Kind.DOUBLE, tuple(joined(times)), one, person_id=person, other_id=other)


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same times in order, what touches or overlaps put together."""
    whole: list[Stretch] = []
    for since, until in sorted(stretches):
        if whole and whole[-1][1] >= since:
            whole[-1] = (whole[-1][0], max(whole[-1][1], until))
        else:
            whole.append((since, until))
    return whole


def overlap(one: Sequence[Stretch], other: Sequence[Stretch]) -> list[Stretch]:
    """The times that are in both; each of them in order and without overlap."""
    shared: list[Stretch] = []
    first = second = 0
    while first < len(one) and second < len(other):
        since, until = max(one[first][0], other[second][0]), min(one[first][1], other[second][1])
        if since < until:
            shared.append((since, until))
        if one[first][1] < other[second][1]:
            first += 1
        else:
            second += 1
    return shared


def without(times: Sequence[Stretch], taken: Sequence[Stretch]) -> list[Stretch]:
    """What is left of `times` when `taken` is cut out; both in order and without overlap."""
    left: list[Stretch] = []
    for since, until in times:
        for begin, end in taken:
            if end > since and begin < until:
                if begin > since:
                    left.append((since, begin))
                since = max(since, end)
        if since < until:
            left.append((since, until))
    return left
