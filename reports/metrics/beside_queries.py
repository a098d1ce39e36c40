"""Hand-offs, drills, contact data and error budgets out of the database: a constant number of queries."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from django.db.models import Count, Q
from numpy.typing import NDArray

from incidents.lifecycle.models import ImpactReading, Incident
from incidents.models import Drill, DrillFinding, HandOff
from policies.governance.queries import in_force_everywhere
from policies.models import Criterion, LayerMember, OnCallSchedule, Role, SchedulePlan, Target
from policies.severity.models import Measure
from portal.foundation.people.models import ContactPoint

from .beside_definitions import HAND_OFF_STATES, DrillFact, HandOffs, Ways
from .columns import Microseconds, Truly, along, coded, numbered, read
from .population import Population

BY_EMAIL = ContactPoint.Channel.EMAIL
BURN = Measure.BUDGET_BURN.value


def hand_offs_of(population: Population, known_until: int) -> HandOffs:
    """The hand-offs of the population's incidents. One query."""
    rows = along(HandOff.objects.filter(population.without_drills("incident__")), "incident__")
    times = (Microseconds(name) for name in ("offered_at", "given_at", "received_at", "settled_at"))
    named = ("incident_id", coded("state", numbered(HAND_OFF_STATES)), Truly("by_engine"))
    incident, state, by_engine, offered, given, received, settled = read(rows, *named, *times)
    return HandOffs(incident, state, by_engine == 1, offered, given, received, settled, known_until)


def drills_of(start: datetime, end: datetime, units: tuple[int, ...] | None) -> list[DrillFact]:
    """The drills that the period has anything to do with. Three queries."""
    about = Q() if units is None else Q(service__business_unit_id__in=units)
    period = Q(planned_for__gte=start, planned_for__lt=end) | Q(finished_at__gte=start, finished_at__lt=end)
    due = Q(next_due__gte=start.date(), next_due__lt=end.date(), state=Drill.State.FINISHED)
    found = list(Drill.objects.filter(about & (period | due)).order_by("planned_for", "pk"))
    counts = (
        DrillFinding.objects.filter(drill__in=found)
        .values("drill")
        .annotate(
            all=Count("pk"),
            finished=Count("pk", filter=Q(done_at__lt=end)),
            overdue=Count("pk", filter=Q(due__lt=end.date()) & (Q(done_at=None) | Q(done_at__gte=end))),
        )
        .order_by()
    )
    findings = {row["drill"]: (row["all"], row["finished"], row["overdue"]) for row in counts}
    later = Drill.objects.filter(service__in={drill.service_id for drill in found}).exclude(state=Drill.State.CANCELLED)
    plans = defaultdict(list)
    for service, planned in later.values_list("service_id", "planned_for").order_by():
        plans[service].append(planned)
    return [
        DrillFact(
            drill.planned_for,
            drill.finished_at,
            drill.state == Drill.State.CANCELLED,
            drill.next_due if drill.state == Drill.State.FINISHED else None,
            any(planned > drill.planned_for for planned in plans[drill.service_id]),
            *findings.get(drill.pk, (0, 0, 0)),
        )
        for drill in found
    ]


def ways_at(at: datetime, units: tuple[int, ...] | None) -> Ways:
    """Whom the levels in force at `at` name, and how they could be reached then, by the records of their ways. Five queries."""
    people = _people_on_levels(at, units)
    ways = ContactPoint.history.filter(person_id__in=people, history_date__lte=at).order_by("id", "-history_date", "-history_id")
    latest: dict[int, Any] = {}
    for row in ways.values_list("id", "person_id", "channel", "active", "verified_until", "history_type").iterator():
        latest.setdefault(row[0], row)
    carrying = [row for row in latest.values() if row[5] != "-" and row[3] and row[2] != BY_EMAIL]
    return Ways(len(people), len({row[1] for row in carrying}), len({row[1] for row in carrying if row[4] and row[4] > at}))


def _people_on_levels(at: datetime, units: tuple[int, ...] | None) -> set[int]:
    named = Target.objects.filter(level__version__in=in_force_everywhere(at))
    if units is not None:
        policy = "level__version__policy__"
        named = named.filter(Q(**{f"{policy}service__business_unit__in": units}) | Q(**{f"{policy}business_unit__in": units}))
    people, schedules, roles, teams = (set[int]() for _ in range(4))
    for row in named.values_list("person_id", "schedule_id", "role_held_id", "team_id").order_by():
        for keys, key in zip((people, schedules, roles, teams), row, strict=True):
            if key is not None:
                keys.add(key)
    schedules |= set(OnCallSchedule.objects.filter(team__in=teams).values_list("pk", flat=True))
    plans = SchedulePlan.objects.filter(schedule__in=schedules, state="published", effective_from__lte=at)
    in_force = dict(plans.order_by("schedule_id", "effective_from", "number").values_list("schedule_id", "pk"))
    people |= set(LayerMember.objects.filter(layer__plan__in=in_force.values()).values_list("person_id", flat=True))
    held = Role.history.filter(id__in=roles, history_date__lte=at).order_by("id", "history_date", "history_id")
    for holder, deputy in {row[0]: row[1:] for row in held.values_list("id", "holder_id", "deputy_id")}.values():
        people |= {key for key in (holder, deputy) if key is not None}
    return people


def burn_of(start: datetime, end: datetime, units: tuple[int, ...] | None) -> dict[int, NDArray[np.float64]]:
    """By service the readings of the burn rate in the period, drills' own left out. One query."""
    about = Q() if units is None else Q(service__business_unit_id__in=units)
    rows = ImpactReading.objects.filter(about, measure=BURN, observed_at__gte=start, observed_at__lt=end).order_by("service_id", "pk")
    found: dict[int, list[float]] = defaultdict(list)
    for service, value in rows.exclude(incident__origin=Incident.Origin.DRILL).values_list("service_id", "value").iterator():
        found[service].append(float(value))
    return {service: np.array(values) for service, values in found.items()}


def burn_limits(at: datetime) -> Mapping[int | None, float]:
    """By service the lowest threshold on the burn rate in the versions in force at `at`; None is what holds for every service. One query."""
    rows = Criterion.objects.filter(measure=BURN, comparison__in=(">=", ">"), threshold__version__in=in_force_everywhere(at))
    found: dict[int | None, float] = {}
    for scope, service, value in rows.values_list("threshold__version__policy__scope", "threshold__version__policy__service_id", "value"):
        if scope in ("service", "global"):
            found[service] = min(float(value), found.get(service, float(value)))
    return found
