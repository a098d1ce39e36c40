"""The door in the admin."""

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from audit.ledger.models import LedgerEvent
from reports.models import QuarterlyPack
from reports.packs.downloads import download_pack
from reports.packs.quarters import Quarter
from tests.factories.portal import person
from tests.factories.reports import small_quarter, stored
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
    assert "half within 1 min, nine in ten within 3 min (5 counted)" in page
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


def test_compliance_builds_and_gets_the_file_which_no_cache_keeps(pack: QuarterlyPack) -> None:
    client = signed_in("compliance")
    assert BUILD in client.get(LIST).content.decode()
    assert "Q1 2016 (1 January to 31 March 2016)" in client.get(BUILD).content.decode()
    answer = client.post(BUILD, {"quarter": "2016Q1", "formats": ["json"]})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="pack-2016Q1.json"'
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.json()["metrics"]["incidents_opened"] == 6
    assert LedgerEvent.objects.filter(type="reports.pack_downloaded").count() == 2


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
