"""Simulating a version: what counts, who may ask, and that nothing at all is written."""

import json
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policies.decisions.vocabulary import Track
from policies.governance.snapshots import snapshot_of
from policies.models import Level, PolicyVersion
from policies.oncall.roster import roster_at
from policies.simulation.documents import differing, document_of, steps_of
from policies.simulation.people import People
from policies.simulation.scenario import Scenario, scenario_from
from policies.simulation.script import lines_from
from policies.simulation.simulating import Simulation, simulate
from portal.foundation.errors import InvalidInput, NotAllowed
from portal.models import ChannelRule, ContactPoint, ContactRule, User
from tests.factories import policies as make
from tests.factories.portal import contact, person
from tests.shared import shared

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SCRIPT = ("+2min fails sms", "+7min acknowledge tom", "+1h resolve")


@shared
def version(now: datetime) -> PolicyVersion:
    """Ana and Tom on a rotation, then Kim, named. Windows of 15 min, Olga owns it."""
    ana, tom, kim = (person(f"{name} Person", username=name.lower(), roles=("responder",)) for name in ("Ana", "Tom", "Kim"))
    for someone in (ana, tom, kim):
        contact(someone)
    draft = make.draft(make.policy(make.service("Card payments"), owner=person("Olga Person")), now=now - timedelta(days=1))
    make.level(draft, 1, make.schedule(ana, tom, name="Line"), tom)
    make.level(draft, 2, kim)
    return make.approve(draft, now=now - timedelta(days=1))


def asked(version: PolicyVersion, now: datetime, *script: str, **fields: object) -> Scenario:
    return Scenario(version.policy.service_id or 0, now, "SEV2", script=lines_from(script), **fields)  # type: ignore[arg-type]


def alerts(found: Simulation) -> list[tuple[float, str]]:
    return [(told.step.after / MINUTE, told.receiver) for told in found.told if told.step.action.kind == "paged"]


def rows() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def test_nothing_is_written_whatever_is_asked(version: PolicyVersion, now: datetime) -> None:
    actor = person("Ada", roles=("manager",))
    before = rows()
    with CaptureQueriesContext(connection) as asked_for:
        found = simulate(version, asked(version, now, *SCRIPT, data_breach=True), actor=actor, now=now)
    assert found.told
    assert rows() == before
    assert [query["sql"] for query in asked_for.captured_queries if not query["sql"].startswith(("SELECT", "(SELECT"))] == []


def test_a_constant_number_of_queries_however_long_it_goes_on(version: PolicyVersion, now: datetime) -> None:
    actor = person("Ada", roles=("manager",))

    def queries(*script: str) -> int:
        with CaptureQueriesContext(connection) as counted:
            simulate(version, asked(version, now, *script), actor=actor, now=now)
        return len(counted)

    # The first time its rights are looked up, too.
    queries()
    short = queries("+1min acknowledge ana")
    assert queries() == short
    assert queries("+1min mark data_breach", "+2min severity sev1", "+9min raise", "+3h resolve") == short
    assert short <= 30


def test_a_draft_is_simulated_as_its_rows_stand_and_a_superseded_version_as_it_was(version: PolicyVersion, now: datetime) -> None:
    draft = make.draft(version.policy, now=now)
    Level.objects.filter(version=draft, number=1).update(backup_after=timedelta(minutes=2))
    actor = person("Ada", roles=("manager",))
    assert alerts(simulate(draft, asked(version, now), actor=actor, now=now)) == [(0, "Ana Person"), (2, "Tom Person"), (15, "Kim Person")]
    later = now + timedelta(days=1)
    make.approve(draft, now=later)
    after = asked(version, later + MINUTE)
    assert alerts(simulate(version, after, actor=actor, now=later))[1] == (5, "Tom Person")
    assert alerts(simulate(None, after, actor=actor, now=later))[1] == (2, "Tom Person")


def test_only_who_may_see_the_version_and_who_is_on_call_may_ask(version: PolicyVersion, now: datetime) -> None:
    with pytest.raises(NotAllowed, match="not simulate it"):
        simulate(version, asked(version, now), actor=person("Sam", roles=("stakeholder",)), now=now)
    assert simulate(version, asked(version, now), actor=person("Rita", roles=("responder",)), now=now).told


def test_the_duty_of_the_made_up_time_counts_and_who_the_script_makes_away(version: PolicyVersion, now: datetime) -> None:
    next_week = now + timedelta(days=7)
    assert alerts(simulate(version, asked(version, next_week), actor=None, now=now))[0] == (0, "Tom Person")
    away = simulate(version, asked(version, next_week, "+0s away tom"), actor=None, now=now)
    assert alerts(away)[0] == (0, "Kim Person")
    passed = [told.step.action.reason for told in away.told if told.step.action.kind == "passed_over"]
    assert passed[0] == "Tom Person is away: as the simulation has it."


def test_a_message_takes_the_ways_of_its_urgency_with_their_receipts(version: PolicyVersion, now: datetime, settings: Any) -> None:
    settings.TELEPHONE_ACCOUNT_SID, settings.TELEPHONE_AUTH_TOKEN = "AC" + "1" * 32, "secret"
    settings.TELEPHONE_SMS_FROM, settings.PORTAL_URL = "+15005550006", "https://portal.example.com"
    ana = User.objects.get(username="ana")
    text = contact(ana, "+15005550009", channel=ContactPoint.Channel.SMS, label="mobile")
    ContactRule.objects.create(person=ana, urgency="urgent", position=1, contact=text)
    ChannelRule.objects.create(channel="sms", receipt_within=timedelta(seconds=45))
    first = next(told for told in simulate(version, asked(version, now), actor=None, now=now).told if told.ways)
    assert [(way.channel, way.label, way.receipt_within) for way in first.ways] == [
        ("sms", "mobile", timedelta(seconds=45)),
        ("webhook", "phone", None),
    ]
    assert first.title == "P2 INC-SIMULATED A made-up incident"
    failing = simulate(version, asked(version, now, "+0s fails sms"), actor=None, now=now)
    assert "fails in this simulation" in {way.problem for told in failing.told for way in told.ways}


def test_whoever_is_told_of_the_end_is_named(version: PolicyVersion, now: datetime) -> None:
    last = simulate(version, asked(version, now), actor=None, now=now).told[-1]
    assert (last.receiver, last.title) == ("Olga Person", "Nobody reached: P2 INC-SIMULATED A made-up incident")


@pytest.mark.parametrize(
    ("script", "fields", "wrong"),
    [
        (("+1min acknowledge nobody",), {}, "script.0"),
        (("+1min reading unheard_of=5",), {}, "script.0"),
        ((), {"segment": 999}, "segment"),
        ((), {"impact": 1}, "urgency"),
    ],
)
def test_what_cannot_be_simulated_is_said_where_it_stands(
    version: PolicyVersion, now: datetime, script: tuple[str, ...], fields: dict[str, object], wrong: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        simulate(version, asked(version, now, *script, **fields), actor=None, now=now)
    assert wrong in refused.value.fields


def test_a_service_that_the_policy_does_not_speak_for_is_refused(version: PolicyVersion, now: datetime) -> None:
    other = make.service("Ledger")
    with pytest.raises(InvalidInput, match="does not speak for Ledger"):
        simulate(version, Scenario(other.pk, now), actor=None, now=now)
    nothing = simulate(None, Scenario(other.pk, now), actor=None, now=now)
    assert (nothing.told, nothing.follows) == ((), {})


def test_two_people_of_one_name_have_to_be_told_apart(version: PolicyVersion, now: datetime) -> None:
    person("Zoe Person", username="zoe1")
    person("Zoe Person", username="zoe2")
    with pytest.raises(InvalidInput, match="zoe1"):
        simulate(version, asked(version, now, "+1min acknowledge 'Zoe Person'"), actor=None, now=now)
    assert (
        simulate(version, asked(version, now, "+1min acknowledge zoe1"), actor=None, now=now).course.told[-1].text
        == "Zoe Person acknowledges"
    )


def test_the_document_can_be_kept_read_back_and_compared(version: PolicyVersion, now: datetime) -> None:
    found = simulate(version, asked(version, now, *SCRIPT), actor=None, now=now)
    kept = json.loads(json.dumps(document_of(found)))
    assert scenario_from(kept["scenario"]) == found.scenario
    assert kept["steps"] == steps_of(simulate(version, found.scenario, actor=None, now=now))
    shorter = steps_of(simulate(version, asked(version, now), actor=None, now=now))
    only_first, only_second = differing(kept["steps"], shorter)
    assert [kept["steps"][number - 1]["action"] for number in only_first] == ["acknowledged", "ended"]
    assert [shorter[number - 1]["action"] for number in only_second] == ["level", "paged", "exhausted"]


@pytest.mark.parametrize(
    ("zone", "change"),
    [
        ("Europe/Berlin", "2026-03-29T01:00+00:00"),
        ("Europe/Berlin", "2026-10-25T01:00+00:00"),
        ("America/New_York", "2026-11-01T06:00+00:00"),
        ("Australia/Lord_Howe", "2026-10-03T15:30+00:00"),
        ("Africa/Casablanca", "2027-02-07T02:00+00:00"),
        ("UTC", "2028-02-29T00:00+00:00"),
        ("UTC", "2027-01-01T00:00+00:00"),
    ],
)
def test_who_is_on_duty_when_clocks_change_is_who_the_engine_would_find(now: datetime, zone: str, change: str) -> None:
    at = datetime.fromisoformat(change)
    people = [person(name) for name in ("Ana", "Tom", "Kim")]
    for someone in people:
        contact(someone)
    local = at.astimezone(ZoneInfo(zone))
    layer = {"people": people, "unit": "days", "every": 1, "handover_at": time(local.hour, local.minute)}
    line = make.schedule(zone=zone, layers=[layer], name="Line")
    content = snapshot_of(make.in_force(None, [line], now=now))
    known = People({Track.TECHNICAL: content.levels}, at - timedelta(hours=3), now)
    instants = [at + number * timedelta(minutes=30) for number in (-5, -2, -1, 0, 1, 2, 3, 49)]
    found = [known.roster(Track.TECHNICAL, moment, False, {}) for moment in instants]
    assert found == [roster_at(content, moment) for moment in instants]
    assert len({roster.seats[0].name for roster in found}) > 1
