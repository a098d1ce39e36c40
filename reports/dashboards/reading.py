"""A day's facts out of the database, by the same code that reads for the quarterly pack. Ten queries, however many incidents."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from django.db.models import Max

from incidents.models import Incident, TimelineEntry
from reports.metrics.escalation_queries import technical_escalations
from reports.metrics.levels import NEVER
from reports.metrics.population import Population
from reports.metrics.queries import facts_of

from .columns import EPOCH, TIMES, Facts, microseconds
from .places import NOWHERE, Places


def day_of(day: date) -> Population:
    """The incidents opened on `day`, by UTC."""
    start = datetime.combine(day, time(), UTC)
    return Population(start, start + timedelta(days=1))


def read_day(day: date, named: Places = NOWHERE) -> Facts:
    """The facts of `day` as they are now, but for what came back, which a day alone does not tell.

    What is written between two of the queries is in one and not in the other; whoever writes also leaves a row that has the day read
    again. An incident of which only some is there already is left to that.
    """
    population = day_of(day)
    escalations = technical_escalations(population, EPOCH)
    told = TimelineEntry.objects.filter(population.without_drills("incident__")).order_by()
    told_at = dict(told.values_list("incident_id").annotate(Max("at")))
    known = {
        number: rest
        for number, *rest in Incident.objects.filter(population.incidents()).values_list(
            "number", "pk", "service_id", "component_id", "team_id"
        )
    }
    facts = [fact for fact in facts_of(population) if fact.number in known]
    rows = [known[fact.number] for fact in facts]
    keys, services, components, teams = (np.array([row[place] or 0 for row in rows], dtype=np.int64) for place in range(4))
    last = [microseconds(told_at[row[0]]) if row[0] in told_at else NEVER for row in rows]
    there = np.isin(escalations.incident, keys)
    escalations = escalations if there.all() else escalations.of_runs(there, len(facts))
    none = np.zeros(len(facts), dtype=np.int64)
    times = {name: np.array([_moment(getattr(fact, name)) for fact in facts], dtype=np.int64) for name in TIMES}
    return Facts(
        keys=keys,
        services=services,
        components=components,
        teams=teams,
        told=np.array(last, dtype=np.int64),
        **times,
        service_back=none,
        component_back=none,
        facts=[
            replace(fact, number="", title="", service=named.services.get(service, ""), team=named.teams.get(team, ""))
            for fact, service, team in zip(facts, services.tolist(), teams.tolist(), strict=True)
        ],
        escalations=escalations,
    )


def _moment(at: datetime | None) -> int:
    return NEVER if at is None else microseconds(at)
