"""Who can take something now, for many people at once."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db.models import F, Q

from .availability import AVAILABLE, Presence, Source, State, Statement, what_follows
from .models import Availability
from .occupied import occupations


def availability_of(people: Collection[int], at: datetime, *, apart_from: str = "") -> dict[int, Presence]:
    """What follows at `at` for each of `people`, by primary key; whoever said nothing is available. One query, and one for each app
    that keeps people busy; what hangs on `apart_from` does not count among these."""
    said = said_of(people, at)
    return {person: presence(said.get(person, ()), at, apart_from=apart_from) for person in people}


def said_of(people: Collection[int], at: datetime) -> dict[int, list[Statement]]:
    """All that counts at `at` of what was said of `people`. One query, and one for each app that keeps people busy."""
    said: dict[int, list[Statement]] = defaultdict(list)
    for _, occupation in occupations:
        for person, statement in occupation(people, at):
            said[person].append(statement)
    for row in Availability.objects.filter(counts_at(at), person__in=people):
        said[row.person_id].append(Statement(State(row.state), Source(row.source), row.since, row.until, row.subject_ref))
    return dict(said)


def presence(said: Collection[Statement], at: datetime, *, apart_from: str = "") -> Presence:
    """What follows of what was `said` of one person; what hangs on `apart_from` keeps them from nothing."""
    if not said:
        return AVAILABLE
    return what_follows((one for one in said if not (apart_from and one.held and one.about == apart_from)), at)


def counts_at(at: datetime) -> Q:
    """Statements that count at `at`: begun, not over, and not ended before."""
    not_ended = Q(ended_at__isnull=True) | (Q(ended_at__gt=at) & Q(ended_at__gt=F("since")))
    return Q(since__lte=at) & (Q(until__isnull=True) | Q(until__gt=at)) & not_ended
