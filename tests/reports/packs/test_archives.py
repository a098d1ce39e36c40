"""All files of a finished pack as one archive, or its tables alone."""

import io
import json
import zipfile
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.ledger.models import LedgerEvent
from policies.models import BusinessUnit, Service
from portal.foundation.access.grants import grant
from portal.foundation.access.places import SEE, UNIT
from portal.foundation.errors import NotAllowed, PortalError, WrongState
from portal.models import User
from reports.models import FrozenFigures, PackFile
from reports.packs import packing
from reports.packs.downloads import download_files
from reports.packs.finishing import content_of, finish
from reports.packs.freezing import freeze
from reports.packs.quarters import Quarter
from tests.factories.portal import person
from tests.factories.reports import fact, small_quarter, stored

pytestmark = pytest.mark.django_db
Q1 = Quarter(2016, 1)


@pytest.fixture
def frozen(now: datetime) -> FrozenFigures:
    stored(*small_quarter())
    frozen = freeze(Q1, None, actor=None, now=now)
    finish(frozen, actor=None, now=now)
    return frozen


@pytest.fixture
def mona() -> User:
    return person("Mona", roles=("manager",))


def inside(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def told() -> Any:
    return json.loads(LedgerEvent.objects.filter(type="reports.pack_downloaded").latest("pk").payload)["details"]


def test_all_tables_come_as_one_archive_with_the_bytes_that_were_finished(frozen: FrozenFigures, mona: User, now: datetime) -> None:
    download = download_files(frozen, tables_only=True, actor=mona, now=now)
    assert (download.name, download.media_type) == ("pack-2016Q1-tables.zip", "application/zip")
    found = inside(download.content)
    assert found == {file.name: content_of(file) for file in PackFile.objects.filter(name__endswith=".csv")}
    assert list(found) == sorted(found)
    assert "pack-2016Q1-weeks.csv" in found
    assert len(found) > 5


def test_all_files_come_as_one_archive_and_each_with_its_digest_is_told_in_one_event(
    frozen: FrozenFigures, mona: User, now: datetime
) -> None:
    download = download_files(frozen, actor=mona, now=now)
    found = inside(download.content)
    assert download.name == "pack-2016Q1.zip"
    assert {"pack-2016Q1.pdf", "pack-2016Q1.xlsx", "pack-2016Q1.json", "pack-2016Q1-counts.csv"} <= found.keys()
    assert len(found) == PackFile.objects.count()
    said = told()
    assert (said["quarter"], said["file"], said["bytes"]) == ("2016Q1", "pack-2016Q1.zip", len(download.content))
    assert said["sha256"] == sha256(download.content).hexdigest()
    assert {each["name"]: each["sha256"] for each in said["files"]} == {name: sha256(text).hexdigest() for name, text in found.items()}
    assert LedgerEvent.objects.filter(type="reports.pack_downloaded").count() == 1


def test_the_archive_has_the_same_bytes_whoever_takes_it_and_whenever(
    frozen: FrozenFigures, mona: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = download_files(frozen, tables_only=True, actor=mona, now=now)
    stored(fact(number="LATER"))
    # An entry whose time is not said gets the time of the clock; one whose system is not said, that of the machine.
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("sys.platform", "win32")
    assert download_files(frozen, tables_only=True, actor=person(roles=("auditor",)), now=now + timedelta(days=900)) == first
    with zipfile.ZipFile(io.BytesIO(first.content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_an_archive_keeps_names_of_any_script_and_the_order_it_is_given() -> None:
    members = [("b عربي 🔥.csv", b"1"), ("a.csv", b"")]
    assert list(inside(packing.archive_of(members)).items()) == members
    assert packing.archive_of(members) == packing.archive_of(iter(members))
    assert inside(packing.archive_of([])) == {}


def test_what_is_not_finished_or_was_changed_is_not_handed_over(now: datetime, mona: User, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen = freeze(Q1, None, actor=None, now=now)
    with pytest.raises(WrongState, match="not finished: its review is not signed yet"):
        download_files(frozen, actor=mona, now=now)
    finish(frozen, actor=None, now=now)

    def changed(file: PackFile) -> bytes:
        raise PortalError(f"{file.name} is not what was finished: its SHA-256 differs.")

    monkeypatch.setattr("reports.packs.finishing.content_of", changed)
    with pytest.raises(PortalError, match="is not what was finished"):
        download_files(frozen, actor=mona, now=now)
    assert not LedgerEvent.objects.filter(type="reports.pack_downloaded").exists()


def test_the_page_hands_both_over_to_readers_of_the_unit_and_to_nobody_else(now: datetime) -> None:
    stored(fact(service="Cards"))
    unit = BusinessUnit.objects.create(name="Payments")
    Service.objects.filter(name="Cards").update(business_unit=unit)
    mine, theirs = freeze(Q1, unit, actor=None, now=now), freeze(Q1, None, actor=None, now=now)
    for each in (mine, theirs):
        finish(each, actor=None, now=now)
    uma, client = person("Uma"), Client()
    grant(SEE.rights[UNIT], uma, unit)
    client.force_login(uma)
    page = client.get(reverse("admin:reports_frozenfigures_change", args=[mine.pk])).content.decode()
    assert "Download all tables as CSV" in page
    assert "Download all files as one ZIP" in page
    for what, name in (
        ("files", f"pack-2016Q1-unit-{unit.pk}-payments.zip"),
        ("tables", f"pack-2016Q1-unit-{unit.pk}-payments-tables.zip"),
    ):
        address = reverse(f"admin:reports_frozenfigures_{what}", args=[mine.pk])
        assert client.get(address).status_code == 302
        answer = client.post(address)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert "no-store" in answer.headers["Cache-Control"]
        assert told()["file"] == name
        assert client.post(reverse(f"admin:reports_frozenfigures_{what}", args=[theirs.pk])).status_code == 404
    assert LedgerEvent.objects.filter(type="reports.pack_downloaded").count() == 2


def test_who_may_not_see_packs_gets_no_archive(frozen: FrozenFigures, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        download_files(frozen, actor=person(roles=("responder",)), now=now)
