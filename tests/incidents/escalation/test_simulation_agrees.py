"""A simulation says beforehand what the engine then does: the same steps, in the same order, at the same times, for the same reasons."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from incidents.escalation import services
from incidents.escalation.engine import run_cycle
from incidents.lifecycle.services import record_reading
from incidents.models import EscalationStep, Incident
from policies.models import OnCallSchedule, PolicyVersion, SeverityOverride
from policies.simulation.scenario import Scenario
from policies.simulation.script import lines_from
from policies.simulation.simulating import simulate
from tests.factories import policies as make
from tests.factories.incidents import incident as opened
from tests.factories.incidents import reading
from tests.factories.portal import contact, person
from tests.shared import shared

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
Row = tuple[Any, ...]
Act = Callable[[Incident, datetime, dict[str, Any]], object]


def the_policy(now: datetime, zone: str = "Europe/Berlin", **fields: Any) -> tuple[PolicyVersion, dict[str, Any]]:
    """Ana, then Tom after 5 min; then Kim: windows of 15 min with a reminder. Bea of legal, Liz for stakeholders. SEV1 at half length."""
    people = {name: person(f"{name} Person", username=name.lower(), roles=("responder",)) for name in ("Ana", "Tom", "Kim", "Bea", "Liz")}
    for someone in people.values():
        contact(someone)
    people["Boss"] = person("Boss Person", username="boss", is_superuser=True)
    version = make.draft(make.policy(make.service("Card payments")), now=now - timedelta(days=1))
    for name, value in {"resolve_within": None, **fields}.items():
        setattr(version, name, value)
    version.save()
    make.level(version, 1, people["Ana"], people["Tom"], reminders="5 min")
    make.level(version, 2, managers(now, zone, people["Kim"], people["Tom"]))
    make.level(version, 1, people["Liz"], track="stakeholder")
    make.level(version, 1, people["Bea"], track="compliance")
    make.threshold(version)
    make.threshold(
        version, "Everything fails", severity="SEV1", start_level=2, criteria=[{"measure": "affected_users", "value": Decimal(1000)}]
    )
    SeverityOverride.objects.create(version=version, severity="SEV1", pace_percent=50)
    return make.approve(version, now=now - timedelta(days=1)), people


def managers(now: datetime, zone: str, *people: Any) -> OnCallSchedule:
    """A rotation that changes hands every day, twenty minutes after `now` on the clocks of `zone`."""
    local = (now + 20 * MINUTE).astimezone(ZoneInfo(zone))
    layer = {"people": people, "unit": "days", "every": 1, "handover_at": time(local.hour, local.minute)}
    return make.schedule(name="Managers", zone=zone, layers=[layer])


def simulated(version: PolicyVersion, now: datetime, *script: str, **fields: Any) -> list[Row]:
    scenario = Scenario(version.policy.service_id or 0, now, impact=2, urgency=2, script=lines_from(script), **fields)
    course = simulate(version, scenario, actor=None, now=now).course
    return [(step.after / MINUTE, step.track.value, *_told(action, action.kind.value)) for step in course.steps for action in [step.action]]


def happened(of: Incident, now: datetime) -> list[Row]:
    steps = EscalationStep.objects.filter(run__incident=of).exclude(action="started").select_related("run").order_by("at", "pk")
    return [((step.at - now) / MINUTE, step.run.track, *_told(step, step.action)) for step in steps]


def _told(step: Any, action: str) -> Row:
    return action, step.level, step.position, step.person_id, step.person_name, step.reason, step.late_by


def lived(now: datetime, subject: Incident, said: list[Row], acts: dict[int, Act], people: dict[str, Any], down: range) -> None:
    """The engine looks every 25 minutes, when something is foretold, and a second later; people do first what they do.

    What it does at a time that was not foretold it does at the next look, and so at another time than the simulation says.
    """
    foretold = {now + minutes * MINUTE for minutes, *_ in said} | {now + minute * MINUTE for minute in {*acts, *range(0, 75, 25)}}
    for at in sorted(foretold | {at + timedelta(seconds=1) for at in foretold}):
        minute = (at - now) / MINUTE
        if minute in acts:
            subject.refresh_from_db()
            acts[int(minute)](subject, at, people)
        if not down.start <= minute < down.stop:
            run_cycle(now=at)


def acknowledge(who: str) -> Act:
    return lambda subject, at, people: services.acknowledge(subject, actor=people[who], now=at)


def resolve(subject: Incident, at: datetime, people: dict[str, Any]) -> object:
    return services.resolve(subject, actor=people["Ana"], now=at, reason="Restarted it")


def worse(subject: Incident, at: datetime, people: dict[str, Any]) -> object:
    return record_reading(
        service=subject.service, measure="affected_users", value=Decimal(5000), observed_at=at, actor=None, now=at, incident=subject
    )


def ordered(name: str, who: str = "Boss", **said: Any) -> Act:
    def do(subject: Incident, at: datetime, people: dict[str, Any]) -> object:
        told = {"until": at + said["lasting"]} if "lasting" in said else said
        reason = "By the script of the simulation."
        return getattr(services, name)(subject, actor=people[who], now=at, reason=reason, **told)

    return do


SCENES: dict[str, tuple[dict[int, Act], tuple[str, ...], dict[str, Any], range]] = {
    "nobody answers": ({}, (), {}, range(0)),
    "the backup answers": ({7: acknowledge("Tom")}, ("+7min acknowledge tom",), {}, range(0)),
    "the milestone is missed": (
        {7: acknowledge("Tom"), 50: acknowledge("Kim")},
        ("+7min acknowledge tom", "+50min acknowledge kim"),
        {"resolve_within": 40 * MINUTE},
        range(0),
    ),
    "it is resolved": ({20: resolve}, ("+20min resolve",), {}, range(0)),
    "it gets worse": ({4: worse}, ("+4min reading affected_users=5000",), {}, range(0)),
    "the engine is down": ({}, ("+3min engine-down for 27min",), {}, range(3, 30)),
    "the engine is down at the opening": ({}, ("+0s engine-down for 12min",), {}, range(12)),
    "the alerting is on hold": (
        {3: ordered("hold", lasting=20 * MINUTE), 12: ordered("resume"), 16: ordered("hold", lasting=7 * MINUTE)},
        ("+3min hold for 20min by boss", "+12min resume by boss", "+16min hold for 7min by boss"),
        {},
        range(0),
    ),
    "it is moved up and down": (
        {4: ordered("raise_level"), 9: ordered("lower_level")},
        ("+4min raise by boss", "+9min lower by boss"),
        {},
        range(0),
    ),
    "whoever acknowledged is silent": ({3: acknowledge("Ana")}, ("+3min acknowledge ana",), {"silent_after": 20 * MINUTE}, range(0)),
    "somebody else takes it over": (
        {3: acknowledge("Ana"), 10: ordered("take_over", "Tom")},
        ("+3min acknowledge ana", "+10min take-over tom"),
        {"resolve_within": 40 * MINUTE},
        range(0),
    ),
    "the way begins again": ({}, (), {"repeats": 1}, range(0)),
}


@shared
def usual(now: datetime) -> tuple[PolicyVersion, dict[str, Any]]:
    return the_policy(now)


@pytest.mark.parametrize("scene", [name for name in SCENES if not SCENES[name][2]])
def test_the_simulated_course_is_what_the_engine_does(now: datetime, scene: str, usual: tuple[PolicyVersion, dict[str, Any]]) -> None:
    agree(now, scene, *usual)


@pytest.mark.parametrize("scene", [name for name in SCENES if SCENES[name][2]])
def test_so_it_is_with_a_policy_that_says_more(now: datetime, scene: str) -> None:
    agree(now, scene, *the_policy(now, **SCENES[scene][2]))


def agree(now: datetime, scene: str, version: PolicyVersion, people: dict[str, Any]) -> None:
    acts, script, _, down = SCENES[scene]
    said = simulated(version, now, "+0s reading transaction_failure_percent=7", *script, data_breach=True)
    subject = opened(now, service=version.policy.service, impact=2, urgency=2, readings=[reading("7", now)], data_breach=True)
    lived(now, subject, said, acts, people, down)
    assert said == happened(subject, now)
    assert said


@pytest.mark.parametrize(
    ("zone", "begins"),
    [
        ("Europe/Berlin", "2026-03-29T00:50+00:00"),
        ("America/New_York", "2026-11-01T05:50+00:00"),
        ("Australia/Lord_Howe", "2026-10-03T15:20+00:00"),
        ("Africa/Casablanca", "2027-02-07T01:50+00:00"),
        ("UTC", "2028-02-28T23:50+00:00"),
        ("UTC", "2026-12-31T23:50+00:00"),
    ],
)
def test_it_is_so_while_clocks_change_on_a_leap_day_and_at_the_end_of_a_year(zone: str, begins: str) -> None:
    at = datetime.fromisoformat(begins)
    version, people = the_policy(at, zone)
    said = simulated(version, at, "+0s reading transaction_failure_percent=7", "+3min acknowledge bea compliance")
    subject = opened(at, service=version.policy.service, impact=2, urgency=2, readings=[reading("7", at)])
    lived(at, subject, said, {}, people, range(0))
    assert said == happened(subject, at)
    assert said[-1][0] > 20
