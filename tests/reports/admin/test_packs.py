"""The door in the admin."""

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.ledger.models import LedgerEvent
from audit.sealing.services import seal
from policies.models import BusinessUnit, Service
from portal.foundation import clock
from portal.foundation.access.grants import grant
from portal.foundation.access.places import SEE, UNIT
from reports.models import FrozenFigures, PackRun, QuarterlyPack
from reports.packs import runs
from reports.packs.downloads import download_pack
from reports.packs.finishing import finish
from reports.packs.freezing import freeze
from reports.packs.quarters import Quarter
from tests.factories.portal import person
from tests.factories.reports import fact, small_quarter, stored
from tests.shared import shared

pytestmark = pytest.mark.django_db
LIST, BUILD = "/admin/reports/quarterlypack/", "/admin/reports/quarterlypack/build/"


def signed_in(*roles: str) -> Client:
    client = Client()
    client.force_login(person(roles=roles))
    return client


@shared
def pack(now: datetime) -> QuarterlyPack:
    stored(*small_quarter())
    download_pack(Quarter(2016, 1), formats=("json",), actor=person("Ana Ruiz", roles=("compliance",)), now=now)
    return QuarterlyPack.objects.get()


@pytest.mark.parametrize("role", ["compliance", "auditor", "manager", "approver"])
def test_those_who_may_see_packs_see_who_built_which(role: str, pack: QuarterlyPack) -> None:
    page = signed_in(role).get(LIST).content.decode()
    assert "2016Q1" in page
    assert "Ana Ruiz" in page


def test_a_packs_page_shows_its_figures_and_digests_and_nothing_to_change(pack: QuarterlyPack) -> None:
    client = signed_in("compliance")
    address = reverse("admin:reports_quarterlypack_change", args=[pack.pk])
    page = client.get(address).content.decode()
    assert "half within 1 min, nine in ten within 2 min 36 s (5 counted)" in page
    assert pack.files["pack-2016Q1.json"] in page.replace("<wbr>", "")
    assert 'name="_save"' not in page
    assert client.post(address, {"quarter": "2016Q2"}).status_code == 403
    assert client.post(reverse("admin:reports_quarterlypack_delete", args=[pack.pk])).status_code == 403
    assert client.get(reverse("admin:reports_quarterlypack_add")).status_code == 403


@pytest.mark.parametrize("role", ["responder", "stakeholder"])
def test_others_see_no_packs(role: str, pack: QuarterlyPack) -> None:
    assert signed_in(role).get(LIST).status_code == 403


def test_an_empty_list_says_what_belongs_there() -> None:
    assert "Here stand the packs that were built" in signed_in("compliance").get(LIST).content.decode()


@pytest.fixture(autouse=True)
def made_by_hand(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EVIDENCE_FOLDER, settings.LEDGER_KEYS = tmp_path / "evidence", tmp_path / "keys"
    monkeypatch.setattr(runs, "enqueue", lambda task, run: None)


def content_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_compliance_builds_and_gets_the_file_which_no_cache_keeps(pack: QuarterlyPack) -> None:
    client = signed_in("compliance")
    assert BUILD in client.get(LIST).content.decode()
    assert "Q1 2016 (1 January to 31 March 2016)" in client.get(BUILD).content.decode()
    page = client.post(BUILD, {"quarter": "2016Q1", "formats": ["json"]}).headers["Location"]
    assert "It is made as soon as a worker is free" in client.get(page).content.decode()
    runs.carry_out(PackRun.objects.get().pk, clock=clock.now)
    # Found again from another place: it is the same page.
    assert "Ready: pack-2016Q1.json" in client.get(page).content.decode()
    answer = client.post(f"{page}download/")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="pack-2016Q1.json"'
    assert "no-store" in answer.headers["Cache-Control"]
    assert json.loads(content_of(answer))["metrics"]["incidents_opened"] == 6
    assert LedgerEvent.objects.filter(type="reports.pack_downloaded").count() == 2


def test_a_units_pack_is_chosen_in_the_form(pack: QuarterlyPack) -> None:
    unit = BusinessUnit.objects.create(name="Payments")
    client = signed_in("compliance")
    assert "The whole organisation" in client.get(BUILD).content.decode()
    page = client.post(BUILD, {"quarter": "2016Q1", "unit": unit.pk, "formats": ["json"]}).headers["Location"]
    assert "Payments" in client.get(page).content.decode()
    assert PackRun.objects.get().unit == unit


@pytest.fixture
def frozen(now: datetime) -> FrozenFigures:
    stored(fact(service="Cards"))
    unit = BusinessUnit.objects.create(name="Payments")
    Service.objects.filter(name="Cards").update(business_unit=unit)
    return freeze(Quarter(2016, 1), unit, actor=None, now=now)


def address_of(frozen: FrozenFigures) -> str:
    return reverse("admin:reports_frozenfigures_change", args=[frozen.pk])


def test_frozen_figures_have_a_page_with_their_digest_and_a_draft_until_they_are_finished(frozen: FrozenFigures, now: datetime) -> None:
    client = signed_in("compliance")
    page = client.get(address_of(frozen)).content.decode()
    assert frozen.sha256 in page
    assert "The files of the pack come when its review is signed" in page
    run = client.post(f"{address_of(frozen).removesuffix('change/')}draft/").headers["Location"]
    assert "as they were frozen" in client.get(run).content.decode()
    finish(frozen, actor=None, now=now)
    page = client.get(address_of(frozen)).content.decode()
    assert "Take the evidence out" in page
    assert "Build a draft" not in page


def test_a_file_of_a_finished_pack_is_handed_over_and_the_download_is_an_event(frozen: FrozenFigures, now: datetime) -> None:
    finished = finish(frozen, actor=None, now=now)
    file = finished.files.get(name__endswith=".json")
    client = signed_in("manager")
    address = reverse("admin:reports_frozenfigures_file", args=[frozen.pk, file.pk])
    answer = client.post(address)
    assert sha256(answer.content).hexdigest() == file.sha256
    told = json.loads(LedgerEvent.objects.get(type="reports.pack_downloaded").payload)["details"]
    assert told == {"quarter": "2016Q1", "file": file.name, "bytes": file.size, "sha256": file.sha256}
    assert client.get(address).status_code == 302
    assert LedgerEvent.objects.filter(type="reports.pack_downloaded").count() == 1


def test_whoever_may_see_a_unit_gets_its_pack_and_no_other(frozen: FrozenFigures, now: datetime) -> None:
    other = freeze(Quarter(2016, 1), None, actor=None, now=now)
    mine, theirs = (finish(each, actor=None, now=now).files.first() for each in (frozen, other))
    ben = person("Ben")
    grant(SEE.rights[UNIT], ben, frozen.unit)
    client = Client()
    client.force_login(ben)
    listed = client.get("/admin/reports/frozenfigures/").content.decode()
    assert "Payments" in listed
    assert "whole organisation" not in listed
    assert client.post(reverse("admin:reports_frozenfigures_file", args=[frozen.pk, mine.pk])).status_code == 200
    assert client.post(reverse("admin:reports_frozenfigures_file", args=[other.pk, theirs.pk])).status_code == 404
    # Nor by the address of one's own.
    assert client.post(reverse("admin:reports_frozenfigures_file", args=[frozen.pk, theirs.pk])).status_code == 404
    assert client.get(reverse("admin:reports_frozenfigures_evidence", args=[frozen.pk])).status_code == 404
    assert client.post(reverse("admin:reports_frozenfigures_draft", args=[frozen.pk])).status_code == 302
    assert not PackRun.objects.exists()


def test_evidence_is_asked_for_with_what_it_is_for(frozen: FrozenFigures, now: datetime) -> None:
    finish(frozen, actor=None, now=now)
    client = signed_in("auditor")
    address = reverse("admin:reports_frozenfigures_evidence", args=[frozen.pk])
    assert "Say what it is for." in client.post(address, {"reason": " "}).content.decode()
    run = client.post(address, {"reason": "The regulator asks."}).headers["Location"]
    runs.carry_out(PackRun.objects.get().pk, clock=clock.now, wait=lambda seconds: seal(clock.now()))
    page = client.get(run).content.decode()
    assert "How it is checked" in page
    assert content_of(client.post(f"{run}download/")).startswith(b"PK")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"quarter": "2016Q1"}, "Choose at least one format."),
        ({"quarter": "1999Q1", "formats": ["json"]}, "1999Q1 is not one of the available choices."),
        ({"quarter": "'); DROP", "formats": ["json"]}, "is not one of the available choices."),
        ({"quarter": "2016Q1", "formats": ["exe"]}, "exe is not one of the available choices."),
    ],
)
def test_what_is_missing_or_made_up_is_said_beside_its_field(data: dict[str, object], words: str, pack: QuarterlyPack) -> None:
    answer = signed_in("compliance").post(BUILD, data)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert QuarterlyPack.objects.count() == 1


@pytest.mark.parametrize("role", ["auditor", "manager", "responder", "administrator"])
def test_others_neither_see_the_page_nor_build(role: str, pack: QuarterlyPack) -> None:
    client = signed_in(role)
    assert client.get(BUILD).status_code == 403
    assert client.post(BUILD, {"quarter": "2016Q1", "formats": ["json"]}).status_code == 403
    assert QuarterlyPack.objects.count() == 1
    assert BUILD not in client.get(LIST).content.decode()


def test_a_request_of_another_site_builds_nothing(pack: QuarterlyPack) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person(roles=("compliance",)))
    assert client.post(BUILD, {"quarter": "2016Q1", "formats": ["json"]}).status_code == 403
    assert QuarterlyPack.objects.count() == 1


def test_finished_packs_of_reviews_stand_where_people_look_for_packs(frozen: FrozenFigures, now: datetime) -> None:
    client = signed_in("compliance")
    assert "No pack of a signed review is finished yet" in client.get(LIST).content.decode()
    finish(frozen, actor=None, now=now)
    page = client.get(LIST).content.decode()
    assert f'<a href="{address_of(frozen)}">2016Q1, Payments</a>' in page
    frozen_list = reverse("admin:reports_frozenfigures_changelist")
    assert frozen_list in page
    assert f'href="{LIST}">Packs built in between' in client.get(frozen_list).content.decode()


def test_the_way_from_frozen_figures_to_other_packs_is_for_those_who_may_see_them(frozen: FrozenFigures) -> None:
    words, frozen_list = "Packs built in between", reverse("admin:reports_frozenfigures_changelist")
    assert words in signed_in("manager").get(frozen_list).content.decode()
    assert words not in signed_in("commander").get(frozen_list).content.decode()


def test_the_list_of_packs_asks_as_often_however_many_are_finished(frozen: FrozenFigures, now: datetime) -> None:
    client = signed_in("compliance")
    finish(frozen, actor=None, now=now)
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for number in range(2015, 2009, -1):
        finish(freeze(Quarter(number, 1), None, actor=None, now=now), actor=None, now=now)
    with CaptureQueriesContext(connection) as many:
        page = client.get(LIST).content.decode()
    assert len(many) == len(few)
    assert page.count("whole organisation</a>") == 4
    assert "All finished packs" in page
