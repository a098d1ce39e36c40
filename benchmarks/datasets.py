"""Incidents by the thousand, made up and always the same, for benchmarks and for looking at reports."""

import random
from datetime import UTC, datetime, timedelta

from django.utils.text import slugify

from incidents.models import ChangeRequest, Incident, IncidentChange, IncidentProblem, Problem, TimelineEntry
from policies.models import Service, Team

QUARTER_START = datetime(2016, 1, 1, tzinfo=UTC)
# Shapes of the public ServiceNow log: about 6.5 records an incident, most of them assignments and changes of state.
ENTRIES_PER_INCIDENT = 6
BATCH = 2_000


def fill_quarter(incidents: int, *, seed: int = 1, start: datetime = QUARTER_START, days: int = 91) -> None:
    """Creates `incidents` incidents opened within `days` of `start`, with timelines, problems and changes."""
    rng = random.Random(seed)
    services = [
        Service.objects.get_or_create(key=slugify(f"made-up-{n}"), defaults={"name": f"Made-up service {n:02d}"})[0] for n in range(40)
    ]
    teams = [Team.objects.get_or_create(name=f"Made-up group {n:02d}")[0] for n in range(50)]
    problem = Problem.objects.get_or_create(number="PRB-MADE-UP", defaults={"title": "Made up"})[0]
    change = ChangeRequest.objects.get_or_create(number="CHG-MADE-UP", defaults={"title": "Made up"})[0]
    done = Incident.objects.count()
    for first in range(done, done + incidents, BATCH):
        rows = [_incident(rng, number, services, teams, start, days) for number in range(first, min(first + BATCH, done + incidents))]
        rows = Incident.objects.bulk_create(rows)
        TimelineEntry.objects.bulk_create([entry for row in rows for entry in _entries(rng, row, teams)], batch_size=BATCH)
        IncidentProblem.objects.bulk_create([IncidentProblem(incident=row, problem=problem) for row in rows if rng.random() < 0.02])
        IncidentChange.objects.bulk_create(
            [IncidentChange(incident=row, change=change, relation="resolves") for row in rows if rng.random() < 0.01]
        )


def _incident(rng: random.Random, number: int, services: list[Service], teams: list[Team], start: datetime, days: int) -> Incident:
    opened = start + timedelta(seconds=rng.randrange(days * 86_400))
    acknowledged = opened + timedelta(seconds=int(rng.lognormvariate(7.5, 1.6))) if rng.random() < 0.98 else None
    resolved = opened + timedelta(seconds=int(rng.lognormvariate(11, 1.8)) - 60) if rng.random() < 0.95 else None
    return Incident(
        number=f"MADE-{number:07d}",
        title=f"Made-up incident {number}",
        service=services[min(int(rng.expovariate(0.12)), len(services) - 1)],
        team=rng.choice(teams),
        priority=rng.choices((1, 2, 3, 4), (1.4, 2, 92.6, 4))[0],
        state="closed" if resolved else "in_progress",
        opened_at=opened,
        acknowledged_at=acknowledged,
        resolved_at=resolved,
        made_sla=rng.random() < 0.65,
        reopen_count=int(rng.random() < 0.02),
        reassignment_count=int(rng.expovariate(0.9)),
        origin=Incident.Origin.IMPORTED,
        source_system="made-up",
    )


def _entries(rng: random.Random, incident: Incident, teams: list[Team]) -> list[TimelineEntry]:
    entries = []
    for step in range(ENTRIES_PER_INCIDENT):
        at = incident.opened_at + timedelta(minutes=7 * step)
        kind = TimelineEntry.Kind.ASSIGNED if rng.random() < 0.3 else TimelineEntry.Kind.STATE
        data = {"from": rng.choice(teams).name if step else "", "to": rng.choice(teams).name} if kind == "assigned" else {}
        entries.append(
            TimelineEntry(
                incident=incident, kind=kind, at=at, recorded_at=at, actor_name="made up", text="Made up", data=data, imported=True
            )
        )
    return entries
