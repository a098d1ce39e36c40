"""Hours on duty of people, from the rows: the same final view as everywhere, so the figures of the past never change."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from policies.catalogue.models import Team
from portal.foundation.errors import InvalidInput
from portal.foundation.people.models import User

from .fairness import Figures, fairness
from .models import LayerMember, OnCallSchedule, SchedulePlan
from .queries import NO_TIME, planned

# Longer than a year nobody is paid at once.
LONGEST = timedelta(days=400)
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)


def hours_of(people: Collection[int], since: datetime, until: datetime, now: datetime) -> dict[int, Figures]:
    """Figures of each of `people`, over every schedule they are named in; of somebody without duty too. Six queries."""
    in_plan = Q(plans__state=SchedulePlan.State.PUBLISHED, plans__layers__members__person__in=people)
    named = OnCallSchedule.objects.filter(in_plan | Q(overrides__person__in=people) | Q(imported_duties__person__in=people))
    keys = {schedule.pk for schedule in named.only("pk")}
    rotas = [plan.rota for plan in planned(Q(pk__in=keys), since, back=NO_TIME)]
    found = fairness(rotas, since, until, now)
    return {person: found.get(person, Figures()) for person in people}


def people_of(team: Team) -> list[User]:
    """The members of a team and everybody who takes turns in its schedules, by name."""
    turns = LayerMember.objects.filter(layer__plan__schedule__team=team, layer__plan__state=SchedulePlan.State.PUBLISHED)
    people = User.objects.filter(Q(pk__in=team.members.values("pk")) | Q(pk__in=turns.values("person")))
    return sorted(people, key=lambda person: str(person).casefold())


def period_of(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """From the beginning of `first` to the end of `last` on the clocks of `zone`. Raises InvalidInput for what nobody can mean."""
    if not (EARLIEST <= first <= LATEST and EARLIEST <= last <= LATEST):
        raise InvalidInput("Choose days from 1990 to 2100.", {"first": ["Choose days from 1990 to 2100."]})
    if last < first:
        raise InvalidInput("The last day is before the first.", {"last": ["Choose a last day that is not before the first."]})
    if last - first > LONGEST:
        raise InvalidInput("The period is too long.", {"last": [f"Choose {LONGEST.days} days at most."]})
    tz = ZoneInfo(zone)
    return datetime.combine(first, time(), tzinfo=tz), datetime.combine(last + timedelta(days=1), time(), tzinfo=tz)
