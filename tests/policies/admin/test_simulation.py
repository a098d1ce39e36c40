"""The page of a simulation: a form whose address is the simulation, a way down the page for each track, and the table."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from policies.governance.services import submit_version
from policies.models import Level, PolicyVersion
from tests.factories import policies as make
from tests.factories.portal import contact, person
from tests.shared import shared

from .forms import as_

pytestmark = pytest.mark.django_db
PAGE = "/admin/policies/policyversion/simulate/"


@shared
def version(now: datetime) -> PolicyVersion:
    """Ana, then Tom after 5 min."""
    ana, tom = (person(f"{name} Person", username=name.lower()) for name in ("Ana", "Tom"))
    for someone in (ana, tom):
        contact(someone)
    return make.in_force(make.service("Card payments"), [ana, tom], now=now)


@pytest.fixture
def browser() -> Any:
    return as_(person("Ada", roles=("manager",), time_zone="Europe/Berlin"))


def address(version: PolicyVersion, now: datetime, **more: Any) -> dict[str, Any]:
    return {"version": version.pk, "service": version.policy.service_id, "begins": now.isoformat(), "severity": "SEV2", **more}


def typed(version: PolicyVersion, *rows: tuple[str, str, str, str], **more: str) -> dict[str, str]:
    """What a browser sends of the form."""
    data = {"version": str(version.pk), "against": "", "service": str(version.policy.service_id), "severity": "SEV1", "title": ""}
    data |= {"begins_0": "2026-03-29", "begins_1": "01:30", "zone": "Europe/Berlin", "impact": "", "urgency": "", "labels": "vip"}
    data |= {"row-TOTAL_FORMS": str(len(rows) + 3), "row-INITIAL_FORMS": "0", "exposure": "0", **more}
    for number, row in enumerate(rows):
        data |= {f"row-{number}-{name}": value for name, value in zip(("after", "what", "who", "value"), row, strict=True)}
    return data


def test_the_page_of_a_version_leads_to_its_simulation_which_runs_at_once(version: PolicyVersion, browser: Any) -> None:
    assert f"{PAGE}?version={version.pk}" in browser.get(f"/admin/policies/policyversion/{version.pk}/change/").content.decode()
    shown = browser.get(PAGE, {"version": version.pk}).content.decode()
    assert "Ana Person is alerted at once; 2 people are alerted in all. Technical track: nobody reached." in shown
    assert PAGE in browser.get("/admin/").content.decode()


def test_an_address_shows_everybody_the_same(version: PolicyVersion, now: datetime, browser: Any) -> None:
    asked = address(version, now, zone="Europe/Berlin", event=["+7min acknowledge tom"])
    shown = browser.get(PAGE, asked).content.decode()
    assert "2 Mar 10:05 CET" in shown
    assert "Tom Person acknowledged." in shown
    approver = as_(person("Bob", roles=("approver",))).get(PAGE, asked).content.decode()
    assert "2 Mar 10:05 CET" in approver
    told = browser.get(PAGE, {**asked, "format": "json"}).json()
    assert [step["action"] for step in told["steps"]] == ["level", "paged", "paged", "acknowledged", "ended"]


def test_what_is_typed_becomes_an_address(version: PolicyVersion, browser: Any) -> None:
    answer = browser.get(PAGE, typed(version, ("7 min", "acknowledge", "tom", ""), ("", "", "", ""), ("3h", "resolve", "", "")))
    assert answer.status_code == 302
    asked = parse_qs(urlsplit(answer["Location"]).query)
    assert asked["event"] == ["+7min acknowledge tom", "+3h resolve"]
    assert (asked["begins"], asked["labels"], asked["zone"]) == (["2026-03-29T00:30:00+00:00"], ["vip"], ["Europe/Berlin"])
    shown = browser.get(answer["Location"])
    assert shown.status_code == 200
    assert 'value="7 min"' in shown.content.decode()


@pytest.mark.parametrize(
    ("row", "more", "said"),
    [
        (("soon", "raise", "", ""), {}, "is not a duration"),
        (("1 min", "acknowledge", "", ""), {}, "needs to say who"),
        (("1 min", "", "ana", ""), {}, "Choose what happens."),
        (("1 min", "raise", "", ""), {"begins_1": "02:30"}, "does not exist on 29 Mar 2026"),
        (("1 min", "raise", "", ""), {"zone": "Mars/Olympus"}, "Mars/Olympus"),
        (("1 min", "raise", "", ""), {"impact": "1"}, "Give impact and urgency together"),
        (("1 min", "reading", "", "affected_users=many"), {}, "is no number"),
    ],
)
def test_what_cannot_be_used_is_said_and_stays_typed(
    version: PolicyVersion, browser: Any, row: tuple[str, str, str, str], more: dict[str, str], said: str
) -> None:
    answer = browser.get(PAGE, typed(version, row, **more))
    shown = answer.content.decode().replace("&#x27;", "'")
    assert answer.status_code == 400
    assert said in shown
    assert f'value="{row[0]}"' in shown


@pytest.mark.parametrize(
    "more",
    [
        {"begins": "x"},
        {"begins": "2026-03-02T09:00:00"},
        {"begins": "9999-12-31T23:59:59+00:00"},
        {"service": "x"},
        {"service": "999"},
        {"impact": "one"},
        {"colour": "red"},
        {"event": "dance"},
        {"event": "+1min acknowledge nobody"},
        {"event": "\x00"},
        {"zone": "../etc"},
        {"zone": "Mars"},
        {"loss": "x"},
        {"segment": "999"},
    ],
)
def test_an_address_that_cannot_be_read_is_answered_in_words(
    version: PolicyVersion, now: datetime, browser: Any, more: dict[str, Any]
) -> None:
    answer = browser.get(PAGE, address(version, now, **more))
    assert answer.status_code == 400
    assert "The simulation cannot be run like this." in answer.content.decode()


def test_a_version_that_is_not_there_is_not_found(browser: Any) -> None:
    assert [browser.get(PAGE, {"version": text}).status_code for text in ("999", "x", "9" * 30)] == [404, 404, 404]


def test_two_versions_stand_beside_each_other(version: PolicyVersion, now: datetime, browser: Any) -> None:
    draft = make.draft(version.policy, now=now)
    Level.objects.filter(version=draft).update(backup_after=timedelta(minutes=2))
    shown = browser.get(PAGE, address(draft, now + timedelta(days=1), against=version.pk)).content.decode()
    assert "<td>+5 min</td><td>+2 min</td><td>3 min earlier</td>" in shown
    assert shown.count("only here") >= 2
    same = browser.get(PAGE, address(version, now + timedelta(days=1), against=version.pk)).content.decode()
    assert "Both do the same at the same times." in same


def test_whoever_decides_on_a_version_is_led_to_both_versions_on_one_incident(version: PolicyVersion, now: datetime) -> None:
    draft = make.draft(version.policy, now=now)
    Level.objects.filter(version=draft).update(backup_after=timedelta(minutes=2))
    submit_version(draft, actor=draft.author, now=now, accepted=make.ACCEPTED)
    decider = as_(make.approvers(1)[0])
    page = decider.get(f"/admin/policies/policyversion/{draft.pk}/approve/").content.decode()
    way = f"?version={draft.pk}&amp;against={version.pk}"
    assert f"{PAGE}{way}" in page
    assert "Who is told when" in decider.get(f"{PAGE}?version={draft.pk}&against={version.pk}").content.decode()


def test_nothing_to_begin_with_and_nothing_in_force_are_said(version: PolicyVersion, now: datetime, browser: Any) -> None:
    assert "Make up an incident" in browser.get(PAGE).content.decode()
    shown = browser.get(PAGE, {"service": version.policy.service_id, "begins": "2020-01-01T00:00:00+00:00"}).content.decode()
    assert "no policy is in force for Card payments at that time" in shown


def test_only_who_may_see_policies_comes_here(version: PolicyVersion) -> None:
    assert as_(person("Sam", roles=("stakeholder",))).get(PAGE, {"version": version.pk}).status_code == 403


def test_the_page_asks_as_much_of_the_database_for_a_long_course_as_for_a_short_one(
    version: PolicyVersion, now: datetime, browser: Any
) -> None:
    def queries(*events: str) -> int:
        with CaptureQueriesContext(connection) as counted:
            browser.get(PAGE, address(version, now, event=list(events)))
        return len(counted)

    queries()
    assert queries("+1min acknowledge ana") == queries("+1min mark data_breach", "+3min hold for 1h", "+2d resolve")
