"""Records out of the rows there are, in a constant number of queries, whoever they are of."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Count, Q, QuerySet

from audit.recertification.models import AccessItem
from audit.reviews.models import ReviewItem
from incidents.models import DrillPart, EscalationRun, EscalationStep, HandOff, TimelineEntry
from policies.attestations.owed import Standing
from policies.attestations.queries import owed_at
from policies.models import Approval, PolicyReview, Team, TrainingRecord
from portal.foundation.people.models import User
from reports.metrics.population import Population

from .definitions import Alert, Outcome, Record, Signed
from .models import AccountabilityComment

_Action = EscalationStep.Action
# What ends an alert when the person has not answered it: the next one is alerted, or it is needed no longer.
_GOES_ON = {_Action.PAGED, _Action.LEVEL, _Action.REPEATED, _Action.EXHAUSTED}
_TAKES = {_Action.ACKNOWLEDGED, _Action.TAKEN_OVER}
_ENDS = {*_GOES_ON, *_TAKES, _Action.ENDED, _Action.HELD, _Action.RAISED, _Action.LOWERED, _Action.BYPASSED}
# Run, incident, track, sequence, action, time, person.
_Step = tuple[int, int, str, int, str, datetime, int | None]


def record_of_person(person: User, population: Population, now: datetime) -> Record:
    """The person's record."""
    record, counts = _read([person.pk], population, now, person.time_zone)
    mates = set(
        Team.members.through.objects.filter(team__in=person.teams.values("pk"), user__is_active=True).values_list("user", flat=True)
    ) - {person.pk}
    return replace(record, beside=tuple(counts.get(mate, 0) for mate in mates))


def record_of_team(team: Team, members: Sequence[int], population: Population, now: datetime) -> Record:
    """The same sums over all who are in the team now."""
    return _read(members, population, now, team.time_zone)[0]


def members_of(team: Team) -> list[int]:
    """Who is in the team now and has not left."""
    return list(team.members.filter(is_active=True).order_by("pk").values_list("pk", flat=True))


def comments_on(person: User, quarter: str) -> QuerySet[AccountabilityComment]:
    """What the person said about their record, the oldest first."""
    return AccountabilityComment.objects.filter(person=person, quarter=quarter)


def alerts_of(people: Collection[int], population: Population, now: datetime) -> list[Alert]:
    """Every alert of `people` about the population's incidents, with its end. Two queries."""
    had = _alerts(population).filter(person__in=people)
    steps = EscalationStep.objects.filter(run__in=had.values("run"), action__in=_ENDS).order_by("run", "sequence", "part")
    taken: dict[tuple[str, int, int], list[datetime]] = defaultdict(list)
    # On the technical track the incident says who has it; the engine's step, which follows, names nobody.
    said = TimelineEntry.objects.filter(
        incident__in=had.values("run__incident"), actor__in=people, kind=TimelineEntry.Kind.STATE, data__state="in_progress"
    )
    for incident, actor, at in said.values_list("incident", "actor", "at"):
        taken[EscalationRun.Track.TECHNICAL, incident, actor].append(at)
    rows = steps.values_list("run", "run__incident", "run__track", "sequence", "action", "at", "person")
    found: list[Alert] = []
    for _, run in groupby(rows.iterator(), key=itemgetter(0)):
        found += _of_run(list(run), set(people), taken, now)
    return found


def _of_run(steps: list[_Step], people: set[int], taken: dict[Any, list[datetime]], now: datetime) -> Iterable[Alert]:
    for place, (_, incident, track, sequence, action, at, person) in enumerate(steps):
        if action != _Action.PAGED or person not in people:
            continue
        # What is done in the same pass is not what ends it.
        end = next((step for step in steps[place + 1 :] if step[3] > sequence), None)
        until = end[5] if end else now
        own = [step[5] for step in steps[place + 1 :] if step[4] in _TAKES and step[6] == person]
        answered = min((t for t in (*own, *taken.get((track, incident, person), ())) if at <= t <= until), default=None)
        if answered is not None:
            yield Alert(at, answered, Outcome.ANSWERED)
        elif end is None:
            yield Alert(at, until, Outcome.OPEN)
        else:
            yield Alert(at, until, Outcome.PASSED_ON if end[4] in _GOES_ON else Outcome.SPARED)


def _alerts(population: Population) -> QuerySet[EscalationStep]:
    return EscalationStep.objects.filter(population.without_drills("run__incident__"), action=_Action.PAGED).order_by()


def _read(people: Sequence[int], population: Population, now: datetime, zone: str) -> tuple[Record, dict[int, int]]:
    """The record, and how many alerts everybody had."""
    counts = dict(_alerts(population).values_list("person").annotate(Count("pk")))
    until = min(now, population.end)
    owed = [each for each in owed_at(until, person=_only(people)) if each.person_id in set(people)]
    standings = [each.standing(until) for each in owed]
    record = Record(
        zone=zone,
        alerts=tuple(alerts_of(people, population, now)),
        everybody=sum(counts.values()),
        given=_signed(population, people, "giver", "given_at"),
        received=_signed(population, people, "receiver", "received_at"),
        drills=_drills(population, people),
        reviews=_reviews(population, people),
        owed=len(owed),
        accepted=standings.count(Standing.ACCEPTED),
        overdue=standings.count(Standing.OVERDUE),
        trained=_trained(population, people),
    )
    return record, counts


def _only(people: Sequence[int]) -> User | None:
    return User(pk=people[0]) if len(people) == 1 else None


def _signed(population: Population, people: Collection[int], side: str, signature: str) -> tuple[Signed, ...]:
    rows = HandOff.objects.filter(population.without_drills("incident__"), **{f"{side}__in": people}).order_by()
    return tuple(Signed(at is not None, state) for at, state in rows.values_list(signature, "state"))


def _drills(population: Population, people: Collection[int]) -> tuple[int, int]:
    began = Q(drill__started_at__gte=population.start, drill__started_at__lt=population.end)
    told = DrillPart.objects.filter(began, person__in=people).aggregate(
        asked=Count("pk"), agreed=Count("pk", filter=Q(consented_at__isnull=False))
    )
    return told["asked"], told["agreed"]


def _reviews(population: Population, people: Collection[int]) -> dict[str, int]:
    def done(model: Any, who: str, when: str) -> int:
        span = {f"{when}__gte": population.start, f"{when}__lt": population.end, f"{who}__in": people}
        return int(model.objects.filter(**span).count())

    return {
        "approvals": done(Approval, "decided_by", "decided_at"),
        "policy_reviews": done(PolicyReview, "signed_by", "signed_at"),
        "log_entries": done(ReviewItem, "judged_by", "judged_at"),
        "access_answers": done(AccessItem, "answered_by", "answered_at"),
    }


def _trained(population: Population, people: Collection[int]) -> int:
    first, last = population.start.astimezone(UTC).date(), population.end.astimezone(UTC).date()
    return TrainingRecord.objects.filter(person__in=people, trained_on__gte=first, trained_on__lt=last).count()
