"""How long answers about duty take.

    python benchmarks/bench_duty.py

1. The final view of 90 days of a schedule with 5 layers, 50 overrides and 10 absences: under 20 ms.
2. Who is on call now for 1,000 services of 250 teams with two schedules each: at most 5 queries and under 150 ms.
3. The check of 500 schedules for 90 days, with its result written: under 10 s.

The second and third in a database of its own in a temporary folder. Prints the median of several runs, in milliseconds of processor time
(SQLite's included) and of the clock on the wall, which other work on the machine lengthens. The limits are held to the processor's time.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
TEAMS, SERVICES = 250, 1_000
SINCE = datetime(2026, 3, 2, 9, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def main() -> int:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    kept = [view_of_ninety_days()]
    fill()
    kept += [thousand_services(), five_hundred_schedules()]
    return 0 if all(kept) else 1


def view_of_ninety_days() -> bool:
    from policies.decisions.rota import Absence, Holidays, Layer, Override, Plan, RotaPerson, RotaSnapshot, Unit, Window, slots

    people = tuple(RotaPerson(number, f"Person {number}") for number in range(1, 9))
    days, nights = (
        Window(frozenset(range(5)), clock_time(9), clock_time(17)),
        Window(frozenset(range(7)), clock_time(20), clock_time(8)),
    )
    weekend = Window(frozenset({5, 6}), clock_time(9), clock_time(12))
    start, nine = date(2026, 1, 5), clock_time(9)
    layers = (
        Layer("Weeks", start, nine, 1, Unit.WEEKS, people),
        Layer("Office hours", start, nine, 1, Unit.DAYS, people[:5], (days,)),
        Layer("Nights", start, clock_time(8), 12, Unit.HOURS, people[2:], (nights,)),
        Layer("Holidays", start, nine, 2, Unit.DAYS, people[:3], (), Holidays.ONLY),
        Layer("Weekends", start, nine, 1, Unit.WEEKS, people[:4], (weekend,)),
    )
    plan = Plan(SINCE - 30 * DAY, "Europe/Berlin", layers, frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1)}))
    begins = [SINCE + number * 1.7 * DAY for number in range(50)]
    overrides = tuple(Override(people[number % 8], at, at + timedelta(hours=9), "Swap") for number, at in enumerate(begins))
    away = tuple(Absence(people[number % 8].person_id, SINCE + 9 * number * DAY, SINCE + (9 * number + 4) * DAY) for number in range(10))
    rota = RotaSnapshot("Payments", (plan,), overrides, away)
    return told("90 days, 5 layers, 50 overrides", 20, *measured(lambda: slots(rota, SINCE, SINCE + 90 * DAY), 15))


def thousand_services() -> bool:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from policies.models import Service
    from policies.oncall.who import on_call_of_services

    services = list(Service.objects.select_related("team"))
    with CaptureQueriesContext(connection) as captured:
        found = on_call_of_services(services, SINCE)
    assert len(found) == SERVICES
    assert sum(answer.person is not None for answer in found.values()) > SERVICES * 0.7  # a tenth of all people are away
    quick = told(f"Who is on call for {SERVICES:,} services", 150, *measured(lambda: on_call_of_services(services, SINCE), 15))
    few = len(captured) <= 5
    print(f"{'':46} {len(captured)} queries   {'kept' if few else 'NOT KEPT'}")
    return quick and few


def five_hundred_schedules() -> bool:
    from policies.models import CoverageFinding, CoverageRun
    from policies.oncall.coverage.checking import carry_out

    def check() -> None:
        run = carry_out(CoverageRun.objects.create(requested_at=SINCE).pk, now=SINCE)
        assert run is not None
        assert (run.state, run.processed) == ("done", 2 * TEAMS), run.failure

    good = told(f"Coverage of {2 * TEAMS} schedules for 90 days", 10_000, *measured(check, 3))
    print(f"{'':46} {CoverageFinding.objects.count():,} findings")
    return good


def measured(what: Callable[[], Any], times: int) -> tuple[float, float]:
    """Medians of processor time and time on the wall, in milliseconds; a first run warms up."""
    what()
    worked, waited = [], []
    for _ in range(times):
        cpu, wall = time.process_time(), time.perf_counter()
        what()
        worked.append((time.process_time() - cpu) * 1000)
        waited.append((time.perf_counter() - wall) * 1000)
    return statistics.median(worked), statistics.median(waited)


def told(name: str, most: float, worked: float, waited: float) -> bool:
    good = worked < most
    print(f"{name:46} {worked:8.1f} ms CPU {waited:8.1f} ms wall   under {most:6,} ms   {'kept' if good else 'NOT KEPT'}")
    return good


def fill() -> None:
    """Teams with a schedule by day and one by night, of two layers each. Made without the guards: only read here."""
    from django.db import transaction

    from policies.models import (
        DutyAbsence,
        LayerMember,
        LayerWindow,
        OnCallOverride,
        OnCallSchedule,
        RotaLayer,
        SchedulePlan,
        Service,
        Team,
    )
    from policies.oncall.contents import contents_of
    from portal.foundation import database_guards
    from portal.models import ContactPoint, User

    for label, _ in database_guards.guards:
        database_guards.drop(label, "default")
    with transaction.atomic():
        User.objects.bulk_create([User(username=f"person-{n}", display_name=f"Person {n}") for n in range(4 * TEAMS)])
        people = list(User.objects.order_by("pk"))
        points = [ContactPoint(person=one, label="phone", channel="webhook", address="https://example.com/", order=1) for one in people]
        ContactPoint.objects.bulk_create(points)
        Team.objects.bulk_create([Team(name=f"Team {n:03}") for n in range(TEAMS)])
        teams = list(Team.objects.order_by("name"))
        Service.objects.bulk_create([Service(name=f"Service {n:04}", key=f"service-{n}", team=teams[n % TEAMS]) for n in range(SERVICES)])
        names = [(team, place, f"{team} {place}") for team in teams for place in (1, 2)]
        OnCallSchedule.objects.bulk_create([OnCallSchedule(name=name, team=team, order=place) for team, place, name in names])
        schedules = list(OnCallSchedule.objects.order_by("name"))
        begins = {"state": "published", "published_at": SINCE - 60 * DAY, "effective_from": SINCE - 60 * DAY}
        zones = ("Europe/Berlin", "Asia/Manila")
        SchedulePlan.objects.bulk_create([SchedulePlan(schedule=s, number=1, time_zone=zones[s.order - 1], **begins) for s in schedules])
        plans = list(SchedulePlan.objects.order_by("schedule__name"))
        start, common = date(2026, 1, 5), {"handover_at": clock_time(9)}
        low = [RotaLayer(plan=plan, position=1, starts_on=start, name="First line", **common) for plan in plans]
        high = [RotaLayer(plan=plan, position=2, starts_on=start, name="Office", unit="days", **common) for plan in plans]
        RotaLayer.objects.bulk_create([*low, *high])
        members = []
        for number, layer in enumerate(RotaLayer.objects.order_by("plan__schedule__name", "position")):
            mine = people[4 * (number // 4) : 4 * (number // 4) + 4]
            members += [LayerMember(layer=layer, position=place, person=one) for place, one in enumerate(mine, start=1)]
        LayerMember.objects.bulk_create(members, batch_size=1_000)
        weekdays = {"weekdays": 31, "starts": clock_time(9), "ends": clock_time(17)}
        LayerWindow.objects.bulk_create([LayerWindow(layer=layer, **weekdays) for layer in RotaLayer.objects.filter(position=2)])
        contents = contents_of([plan.pk for plan in plans])
        for plan in plans:
            plan.content = contents[plan.pk]
        SchedulePlan.objects.bulk_update(plans, ["content"], batch_size=500)
        soon = {"made_at": SINCE - 9 * DAY, "starts_at": SINCE - DAY, "ends_at": SINCE + 3 * DAY}
        rows = [OnCallOverride(schedule=s, person=people[n % len(people)], reason="Cover", **soon) for n, s in enumerate(schedules[::4])]
        OnCallOverride.objects.bulk_create(rows)
        DutyAbsence.objects.bulk_create([DutyAbsence(person=one, **soon) for one in people[::10]])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="bench-duty-") as folder:
        sys.path.insert(0, str(PROJECT))
        os.environ["PORTAL_VAR"], os.environ["DATABASE_URL"] = folder, ""
        Path(folder, "static").mkdir()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
        sys.exit(main())
