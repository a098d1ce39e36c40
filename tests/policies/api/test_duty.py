"""Who is on call, through the API: now, at any instant, for a period, for those who may know."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm

from policies.decisions.rota import slots
from policies.models import OnCallSchedule, Service, Team
from policies.oncall.queries import rota_of
from portal.foundation import clock
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import person
from tests.policies.api.test_policies import api_of

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = "2026-03-02T10:00:00+01:00"


@pytest.fixture
def responder() -> User:
    return person("Rita Responder", roles=("responder",))


@pytest.fixture
def rota() -> OnCallSchedule:
    """Ana by day, nobody at night, for the team of the service 'card-payments'."""
    team = Team.objects.create(name="Payments")
    make.service("Card payments", key="card-payments", team=team)
    by_day = {"windows": [{"weekdays": 127, "starts": time(9), "ends": time(17)}], "people": [person("Ana")]}
    return make.schedule(name="Madrid", team=team, layers=[by_day])


def test_a_schedule_a_team_and_a_service_give_the_same_answer(rota: OnCallSchedule, responder: User) -> None:
    api = api_of(responder)
    told = [
        api.get(f"/api/v1/on-call/{path}/", {"at": AT}).json()
        for path in (f"schedules/{rota.pk}", f"teams/{rota.team_id}", "services/card-payments")
    ]
    assert [(each["id"], each["name"]) for each in told] == [
        (str(rota.pk), "Madrid"),
        (str(rota.team_id), "Payments"),
        ("card-payments", "Card payments"),
    ]
    for each in told:
        assert each["person"]["name"] == "Ana"
        assert (each["at"], each["until"]) == ("2026-03-02T09:00:00Z", "2026-03-02T17:00:00Z")
        assert (each["source"], each["schedule"]) == ("layer", {"id": rota.pk, "name": "Madrid"})
        assert each["next"][0]["since"] == "2026-03-03T09:00:00Z"


def test_nobody_is_null_with_words(rota: OnCallSchedule, responder: User) -> None:
    told = api_of(responder).get("/api/v1/on-call/services/card-payments/", {"at": "2026-03-02T20:00:00Z"}).json()
    assert (told["person"], told["until"]) == (None, "2026-03-03T09:00:00Z")
    assert told["why"] == "Nobody is on call for the team Payments, not in Madrid."


def test_a_period_has_its_view_and_its_gaps(rota: OnCallSchedule, responder: User, now: datetime) -> None:
    make.override(rota, person("Omar"), now + 9 * HOUR, now + 10 * HOUR, reason="Release")
    period = {"from": "2026-03-02T09:00:00Z", "until": "2026-03-03T09:00:00Z"}
    api = api_of(responder)
    view = api.get(f"/api/v1/on-call/schedules/{rota.pk}/view/", period).json()["slots"]
    assert [(slot["person"] and slot["person"]["name"], slot["source"]) for slot in view] == [
        ("Ana", "layer"),
        (None, "gap"),
        ("Omar", "override"),
        (None, "gap"),
    ]
    assert view[2]["why"] == "Takes over."
    gaps = api.get(f"/api/v1/on-call/teams/{rota.team_id}/gaps/", period).json()["gaps"]
    assert [gap["seconds"] for gap in gaps] == [3_600, 14 * 3_600]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?at=2026-03-02T09:00:00", "at"),
        ("?at=tomorrow", "at"),
        ("?at=9999-12-31T23:59:59Z", "at"),
        ("?at=0001-01-01T00:00:00Z", "at"),
        ("?when=now", "when"),
        ("view/", "from"),
        ("view/?from=2026-03-02T09:00:00Z&until=2026-03-02T09:00:00Z", "until"),
        ("view/?from=2026-03-02T09:00:00Z&until=2027-05-02T09:00:00Z", "until"),
        ("gaps/?from=2026-03-02T09:00:00Z&until=x%00", "until"),
    ],
)
def test_what_nobody_can_mean_is_refused_in_words(rota: OnCallSchedule, responder: User, query: str, field: str) -> None:
    answer = api_of(responder).get(f"/api/v1/on-call/schedules/{rota.pk}/{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == field


def test_lists_take_the_same_few_queries_however_long_they_are(rota: OnCallSchedule, responder: User) -> None:
    api = api_of(responder)
    kinds = ("schedules", "teams", "services")

    def queries() -> list[int]:
        counts = []
        for kind in kinds:
            with CaptureQueriesContext(connection) as captured:
                assert api.get(f"/api/v1/on-call/{kind}/", {"at": AT}).status_code == 200
            counts.append(len(captured))
        return counts

    queries()  # the caller's rights are read once
    before = queries()
    for number in range(4):
        team = Team.objects.create(name=f"Team {number}")
        make.service(team=team)
        make.schedule(person("Tom"), team=team)
    assert queries() == before
    assert max(before) <= 7


def test_only_those_who_may_know_are_told(rota: OnCallSchedule) -> None:
    stranger = api_of(person("Stranger", roles=("stakeholder",)))
    assert stranger.get("/api/v1/on-call/schedules/").json()["results"] == []
    for path in (f"schedules/{rota.pk}", f"teams/{rota.team_id}", "services/card-payments"):
        assert stranger.get(f"/api/v1/on-call/{path}/").status_code == 404
    partner: Any = person("Partner")
    assign_perm("policies.see_service_incidents", partner, Service.objects.get(key="card-payments"))
    assert api_of(partner).get("/api/v1/on-call/services/card-payments/", {"at": AT}).json()["person"]["name"] == "Ana"
    assert api_of(partner).get(f"/api/v1/on-call/schedules/{rota.pk}/").status_code == 404


def test_an_override_is_made_once_however_often_it_is_sent_and_ended(rota: OnCallSchedule) -> None:
    manager, omar = person("Mia", roles=("manager",)), person("Omar")
    api, path = api_of(manager), f"/api/v1/on-call/schedules/{rota.pk}/overrides/"
    begins = clock.now() + HOUR
    body = {"person": omar.pk, "starts_at": begins.isoformat(), "ends_at": (begins + 9 * HOUR).isoformat(), "reason": "Release"}
    sent = [api.post(path, body, format="json", HTTP_IDEMPOTENCY_KEY="release-4711") for _ in range(2)]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    assert sent[0].json()["person"] == {"id": omar.pk, "name": "Omar"}
    made = api.get(path).json()["results"]
    assert len(made) == 1
    ended = api.post(f"{path}{made[0]['id']}/end/", {"reason": "Postponed"}, format="json")
    assert (ended.status_code, ended.json()["ended_at"] is None) == (200, False)
    assert api.post(f"{path}{made[0]['id']}/end/", {"reason": "Again"}, format="json").status_code == 409


def test_an_absence_and_a_swap_go_by_the_rules_of_the_admin(rota: OnCallSchedule) -> None:
    ana, tom = person("Ana", roles=("responder",)), person("Tom", roles=("responder",))
    shared = make.schedule(ana, tom)
    tomorrow = clock.now() + DAY
    view = slots(rota_of(shared, clock.now()), tomorrow, tomorrow + 40 * DAY)
    later = next(slot.since for slot in view if slot.person and slot.person.person_id == ana.pk and slot.since > tomorrow)
    gives = {"gives_from": later.isoformat(), "gives_until": (later + 2 * HOUR).isoformat()}
    path = f"/api/v1/on-call/schedules/{shared.pk}/swaps/"
    asked = api_of(ana).post(path, {"taker": tom.pk, **gives, "reason": "Dentist"}, format="json")
    assert (asked.status_code, asked.json()["state"]) == (201, "asked")
    assert api_of(person("Omar")).post(f"{path}{asked.json()['id']}/accept/", {}, format="json").status_code == 404
    accepted = api_of(tom).post(f"{path}{asked.json()['id']}/accept/", {}, format="json")
    assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    away = {"starts_at": (later + 3 * DAY).isoformat(), "ends_at": (later + 30 * DAY).isoformat()}
    refused = api_of(ana).post("/api/v1/on-call/absences/", away, format="json")
    assert refused.status_code in (400, 409)
    recorded = api_of(ana).post("/api/v1/on-call/absences/", {**away, "accept_gaps": True}, format="json")
    assert (recorded.status_code, recorded.json()["person"]["id"]) == (201, ana.pk)
    assert api_of(tom).post(f"/api/v1/on-call/absences/{recorded.json()['id']}/end/", {"reason": "x"}, format="json").status_code in (
        403,
        404,
    )
    assert api_of(ana).post(f"/api/v1/on-call/absences/{recorded.json()['id']}/end/", {"reason": "Back"}, format="json").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"person": "Ana", "starts_at": "2026-03-02T09:00:00", "ends_at": "x", "reason": ""},
        {"person": 2**70, "starts_at": "2099-03-02T09:00:00Z", "ends_at": "2099-03-02T10:00:00Z", "reason": "x"},
        {"person": True, "starts_at": "2099-03-02T10:00:00Z", "ends_at": "2099-03-02T09:00:00Z", "reason": "x", "more": 1},
    ],
)
def test_a_change_that_cannot_be_meant_is_refused_at_its_fields(rota: OnCallSchedule, body: Any) -> None:
    api = api_of(person("Mia", roles=("manager",)))
    for path in (f"schedules/{rota.pk}/overrides", f"schedules/{rota.pk}/swaps", "absences"):
        answer = api.post(f"/api/v1/on-call/{path}/", body, format="json")
        assert answer.status_code == 400
        assert answer.json()["errors"]
