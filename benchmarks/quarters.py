"""Eight made-up quarters of an organisation of 2,000 people and 200 services: incidents with the escalations, timelines, messages and hand-offs
that the engine would have written, always the same. A million incidents have some seven million steps.
Rules are frozen as policies freezes them, and what is recorded with a step is what the engine would have decided from.

Every quarter is made by itself, from its number, with keys of its own: whatever else is in the database, its incidents are the same.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from bulk import keys_go_on, only, tell_the_planner, without_triggers, write
from crowds import people_of
from rulebooks import rulebooks
from stories import STORIES, Chance
from telling import SEVERITIES, Told

QUARTERS = 8
STARTS = tuple(datetime(2024 + n // 4, 1 + 3 * (n % 4), 1, tzinfo=UTC) for n in range(QUARTERS + 1))
PEOPLE, SERVICES, COMPONENTS, TEAMS, UNITS, POLICIES = 2_000, 200, 800, 60, 12, 50
CHUNK = 25_000
WINDOWS = np.array([300, 600, 900, 1_800])


def organisation() -> None:
    """Everything that incidents hang on. Policies have two versions, of which the second came into force in the middle of the eight quarters."""
    from policies.models import BusinessUnit, Component, Service, Team
    from portal.models import ContactPoint, User

    if BusinessUnit.objects.exists():
        return
    with without_triggers():
        made = [BusinessUnit(id=n + 1, name=f"Unit {n:02d}", part_of_id=None if n < 3 else 1 + n % 3) for n in range(UNITS)]
        BusinessUnit.objects.bulk_create(made)
        User.objects.bulk_create(
            [User(id=n + 1, username=f"person-{n}", display_name=f"Person {n}", date_joined=STARTS[0]) for n in range(PEOPLE)]
        )
        until = STARTS[-1]
        ContactPoint.objects.bulk_create(
            ContactPoint(
                person_id=n + 1, label=("phone", "chat")[way], channel=("sms", "slack")[way], address=f"+3460000{n:04d}", order=way + 1,
                verified_at=None if n % 10 == 0 else until - timedelta(days=200), verified_until=None if n % 10 == 0 else until + timedelta(days=n % 90 - 9),
            )
            for n in range(PEOPLE) for way in range(2)
        )  # fmt: skip
        Team.objects.bulk_create([Team(id=n + 1, name=f"Team {n:02d}", business_unit_id=1 + n % UNITS) for n in range(TEAMS)])
        Service.objects.bulk_create(
            Service(id=n + 1, name=f"Service {n:03d}", key=f"service-{n}", tier=1 + n % 3, business_unit_id=1 + n % UNITS, team_id=1 + n % TEAMS)
            for n in range(SERVICES)
        )  # fmt: skip
        Component.objects.bulk_create(
            Component(id=n + 1, name=f"Component {n // SERVICES}", service_id=1 + n % SERVICES) for n in range(COMPONENTS)
        )
        rulebooks(POLICIES, TEAMS, STARTS[:8:4])
    keys_go_on(BusinessUnit, User, Team, Service, Component)


def fill(number: int, incidents: int) -> float:
    """The quarter with this number, 0 to 7, unless it is there; seconds that it took."""
    from django.db import transaction

    from incidents.models import EscalationRun, HandOff, Incident, TimelineEntry

    begun = time.monotonic()
    organisation()
    first = 1 + number * incidents
    if Incident.objects.filter(pk=first).exists():
        return 0.0
    rng = np.random.default_rng([8, number])
    opened = np.sort(_opened(rng, number, incidents))
    with without_triggers():
        for at in range(0, incidents, CHUNK):
            with transaction.atomic():
                _chunk(rng, first + at, opened[at : at + CHUNK], number)
    keys_go_on(Incident, EscalationRun, HandOff, TimelineEntry)
    tell_the_planner()
    return time.monotonic() - begun


def _opened(rng: Any, number: int, incidents: int) -> Any:
    """More in working hours than at night."""
    days = (STARTS[number + 1] - STARTS[number]).days
    hour = rng.choice(24, incidents, p=np.array([1] * 7 + [3] * 12 + [1] * 5) / 48)
    seconds = rng.integers(0, days, incidents) * 86_400 + hour * 3_600 + rng.integers(0, 3_600, incidents)
    start = np.datetime64(STARTS[number].replace(tzinfo=None), "us")
    return start + (seconds * 1_000_000 + rng.integers(0, 1_000_000, incidents)).astype("timedelta64[us]")


def _chunk(rng: Any, first: int, opened: Any, number: int) -> None:
    count = len(opened)
    severity = rng.choice(4, count, p=[0.02, 0.13, 0.6, 0.25])
    service = np.minimum(rng.exponential(30, count).astype(np.int64), SERVICES - 1)
    chance = Chance(people_of(service, opened.astype("datetime64[D]").astype(np.int64)), WINDOWS[severity], rng.random((count, 4)))
    stories = rng.choice(len(STORIES), count, p=[story.share for story in STORIES])
    version = _version_of(service, number)
    told = Told(first + np.arange(count), opened, service, severity, chance, _hashes()[version])
    for place, story in enumerate(STORIES):
        told.tell(story, np.flatnonzero(stories == place))
    # Beside one in nine somebody keeps stakeholders informed, and beside one in thirty somebody answers to the law.
    for track, share in (("stakeholder", 0.11), ("compliance", 0.03)):
        told.beside(track, np.flatnonzero((rng.random(count) < share) & told.has_run))
    _incidents(rng, told, number)
    told.write(version_of=version)


def _hashes() -> Any:
    """Of the content of each version, in the place of its key."""
    from policies.models import PolicyVersion

    told = dict(PolicyVersion.objects.values_list("pk", "content_sha256"))
    return np.array([told.get(key, "") for key in range(max(told) + 1)], dtype=object)


def _version_of(service: Any, number: int) -> Any:
    return 1 + 2 * (service % POLICIES) + (1 if number >= QUARTERS // 2 else 0)


def _incidents(rng: Any, told: Any, number: int) -> None:
    from incidents.models import Incident, IncidentChange, IncidentProblem

    count, ids, service = len(told.ids), told.ids, told.service
    drill = rng.random(count) < 0.001
    told.drill = drill
    team = np.where(rng.random(count) < 0.85, service % TEAMS, rng.integers(0, TEAMS, count)) + 1
    state = np.where(~np.isnat(told.resolved), "closed", np.where(~np.isnat(told.acknowledged), "in_progress", "new"))
    by = only(told.chance.people[np.arange(count), told.holder] + 1, ~np.isnat(told.acknowledged))
    sla = rng.random(count)
    write(
        Incident, count,
        id=ids, number=[f"INC-{key:07d}" for key in ids.tolist()], title=[f"Card payments fail in region {key % 997}" for key in ids.tolist()],
        service_id=service + 1, component_id=only(service + 1 + SERVICES * rng.integers(0, 4, count), rng.random(count) < 0.8), team_id=team,
        priority=told.severity + 1, severity=SEVERITIES[told.severity].tolist(), state=state.tolist(), opened_at=told.opened,
        acknowledged_at=told.acknowledged, acknowledged_by_id=by, assigned_to_id=by, resolved_at=told.resolved, closed_at=told.resolved,
        made_sla=[None if one < 0.1 else one < 0.8 for one in sla.tolist()], reopen_count=(rng.random(count) < 0.02).astype(int),
        reassignment_count=rng.poisson(0.6, count), origin=np.where(drill, "drill", "api").tolist(),
        policy_version_id=only(_version_of(service, number), told.has_run),
    )  # fmt: skip
    from incidents.models import ChangeRequest, Problem

    problem, change = (
        model.objects.get_or_create(number=f"{key}-1", defaults={"title": "Made up"})[0].pk
        for model, key in ((Problem, "PRB"), (ChangeRequest, "CHG"))
    )
    # What reached the top is nearly always analysed.
    for model, share, more in (
        (IncidentProblem, np.where(told.needs_rca, 0.97, 0.01), {"problem_id": problem}),
        (IncidentChange, 0.01, {"change_id": change, "relation": "resolves"}),
    ):
        chosen = ids[rng.random(count) < share]
        write(model, len(chosen), incident_id=chosen, **{name: [value] * len(chosen) for name, value in more.items()})
