"""Schedules of packs in the browser: adding one, what the page says of the next and the last, and who gets the pack."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.foundation import clock
from portal.foundation.access.grants import grant
from portal.foundation.access.places import SEE, UNIT
from reports.models import PackRun, PackSchedule
from reports.packs import runs
from reports.schedules import running
from tests.factories import quarterly as make
from tests.factories.portal import person
from tests.factories.schedules import MONDAY, weekly
from tests.untold import untold

pytestmark = pytest.mark.django_db
LIST = "/admin/reports/packschedule/"
ADD = f"{LIST}add/"
DUE = MONDAY.replace(day=13, hour=6)
FORM = {"name": "Board", "unit": "", "which": "over", "figures": "now", "formats": ["pdf"], "rhythm": "quarterly", "days": "5", "hour": "6", "why": "The board meets."}  # fmt: skip


@pytest.fixture(autouse=True)
def monday(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EVIDENCE_FOLDER = tmp_path / "evidence"
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
    for module in (runs, running):
        monkeypatch.setattr(module, "enqueue", lambda task, run: None)


@pytest.fixture
def cora(db: None) -> Any:
    return make.compliance(time_zone="Europe/Madrid")


def browser(reader: Any) -> Client:
    client = Client()
    client.force_login(reader)
    return client


def page_of(schedule: PackSchedule) -> str:
    return reverse("admin:reports_packschedule_change", args=[schedule.pk])


def test_one_is_added_by_its_form_and_its_page_says_when_the_next_is_due_in_the_readers_zone_and_utc(cora: Any) -> None:
    client = browser(cora)
    assert "A schedule has a pack made by itself" in client.get(LIST).content.decode()
    assert "The whole organisation" in client.get(ADD).content.decode()
    answer = client.post(ADD, {**FORM, "roles": ["manager", "approver"]})
    kept = PackSchedule.objects.get()
    assert answer.headers["Location"] == page_of(kept)
    assert (kept.owner, kept.roles, kept.formats, kept.purpose) == (cora, ["manager", "approver"], ["pdf"], "The board meets.")
    page = client.get(page_of(kept)).content.decode()
    assert "5 days after the end of each quarter, at 06:00 UTC" in page
    # Already summer in Madrid.
    assert "6 Jul 2026, 08:00 CEST" in page
    assert page.count("2026-07-06 06:00 UTC") == 2
    assert "08:00 UTC" not in page
    assert untold() == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"formats": []}, "Choose at least one format."),
        ({"days": "61"}, "At most 60 days after the end of a quarter"),
        ({"days": ""}, "This field is required"),
        ({"figures": "frozen", "which": "running"}, "Figures are frozen when a quarter is over"),
        ({"roles": ["responder"]}, "responder is not one of the available choices"),
        ({"tell_unit": "on"}, "has no people of its own unit"),
        ({"why": " "}, "This field is required"),
        ({"unit": "999999"}, "not one of the available choices"),
        ({"name": "x" * 101}, "at most 100 characters"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(wrong: dict[str, Any], words: str, cora: Any) -> None:
    page = browser(cora).post(ADD, {**FORM, "name": "Board 🔥", **wrong}).content.decode()
    assert words in page
    assert ("Board 🔥" in page) or "name" in wrong
    assert not PackSchedule.objects.exists()


def test_a_name_in_use_is_refused_in_a_sentence(cora: Any) -> None:
    weekly(cora)
    assert "You have a schedule of that name already" in browser(cora).post(ADD, FORM).content.decode()


def test_its_owner_changes_it_and_a_colleague_reads_and_pauses_it(cora: Any) -> None:
    kept, colleague = weekly(cora), browser(make.compliance("Olga"))
    changed = {**FORM, "formats": ["json"], "rhythm": "weekly", "days": "1", "why": "Tuesdays are better."}
    assert browser(cora).post(page_of(kept), changed).status_code == 302
    kept.refresh_from_db()
    assert (kept.days, kept.name) == (1, "Board")
    page = colleague.get(page_of(kept)).content.decode()
    assert "weekly, on Tuesdays at 06:00 UTC" in page
    assert 'name="_save"' not in page
    assert colleague.post(page_of(kept), changed).status_code == 403
    at = page_of(kept).removesuffix("change/")
    assert colleague.post(f"{at}do/pause/", {"reason": "The data are being repaired."}).status_code == 302
    page = colleague.get(page_of(kept)).content.decode()
    assert "The data are being repaired." in page
    assert "Let it go on" not in page
    assert colleague.post(f"{at}do/resume/").status_code == 403
    assert browser(cora).post(f"{at}do/resume/").status_code == 302
    kept.refresh_from_db()
    assert kept.is_live


@pytest.mark.parametrize("role", ["manager", "approver", "auditor", "commander", "responder", "administrator", "stakeholder"])
def test_others_see_no_schedules(role: str, cora: Any) -> None:
    kept, client = weekly(cora), browser(person(roles=(role,)))
    assert {client.get(where).status_code for where in (LIST, ADD)} == {403}
    assert client.get(page_of(kept)).status_code in (403, 404)
    assert client.post(ADD, FORM).status_code == 403
    assert PackSchedule.objects.count() == 1


def test_the_last_one_and_its_failure_stand_on_the_list_and_the_page(cora: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, client = weekly(cora, figures="frozen"), browser(cora)
    running.keep(now=DUE)
    monkeypatch.setattr(clock, "now", lambda: DUE + timedelta(minutes=1))
    for where in (LIST, page_of(kept)):
        page = client.get(where).content.decode()
        assert "No figures of 2026Q1 are frozen yet" in page
        assert "in 14 min" in page


def test_whom_the_schedule_tells_opens_the_pack_from_the_message_and_downloads_it(cora: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    payments, loans = make.unit("Payments"), make.unit("Loans")
    uma, lea = person("Uma Unit"), person("Lea Loans")
    grant(SEE.rights[UNIT], uma, payments)
    grant(SEE.rights[UNIT], lea, loans)
    kept = weekly(cora, unit=payments, tell_unit=True, which="running")
    running.keep(now=DUE)
    run = PackRun.objects.get()
    monkeypatch.setattr(clock, "now", lambda: DUE)
    assert "waits for a worker" in browser(cora).get(page_of(kept)).content.decode()
    runs.carry_out(run.pk, clock=lambda: DUE)
    running.follow_up(now=DUE)
    there = reverse("admin:reports_quarterlypack_run", args=[run.pk])
    page = browser(uma).get(there).content.decode()
    assert "Ready: pack-2026Q2" in page
    assert "provisional: it still ran at the data cut-off" in page
    assert "by the schedule ‘Board’ of Cora Compliance" in page
    assert "See the schedule" not in page
    assert "Build again" not in page
    assert browser(uma).post(f"{there}download/").status_code == 200
    for other in (lea, person("Nobody"), person(roles=("responder",))):
        assert browser(other).get(there).status_code == 403
        assert browser(other).post(f"{there}download/").status_code == 403
    page = browser(cora).get(page_of(kept)).content.decode()
    assert "2026Q2 made" in page
    assert there in page
    assert "Cora Compliance and whoever was given a right for Payments or a unit above it" in page


def test_the_list_and_the_page_ask_as_often_however_many_there_are(cora: Any) -> None:
    client = browser(cora)

    def asked(where: str) -> int:
        client.get(where)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(where).status_code == 200
        return len(seen)

    first = weekly(cora, unit=make.unit("Payments"))
    running.keep(now=DUE)
    before = asked(LIST), asked(page_of(first))
    for number in range(4):
        weekly(cora, name=f"Board {number}", unit=make.unit(f"Unit {number}"))
    for week in range(1, 4):
        running.keep(now=DUE + timedelta(days=7 * week))
    assert (asked(LIST), asked(page_of(first))) == before
