"""Handing a pack to a person."""

import json
import zipfile
from datetime import datetime
from hashlib import sha256
from io import BytesIO

import pytest

from audit.ledger.models import LedgerEvent
from portal.foundation.errors import NotAllowed
from reports.packs.downloads import download_pack
from reports.packs.quarters import Quarter
from tests.factories.portal import person
from tests.factories.reports import small_quarter, stored

pytestmark = pytest.mark.django_db
Q1 = Quarter(2016, 1)


def test_several_files_come_as_an_archive_that_is_always_the_same(now: datetime) -> None:
    stored(*small_quarter())
    actor = person(roles=("compliance",))
    download = download_pack(Q1, formats=("json", "csv"), actor=actor, now=now)
    assert (download.name, download.media_type) == ("pack-2016Q1.zip", "application/zip")
    archive = zipfile.ZipFile(BytesIO(download.content))
    assert archive.testzip() is None
    assert {"pack-2016Q1.json", "pack-2016Q1-weeks.csv"} <= set(archive.namelist())
    assert download == download_pack(Q1, formats=("json", "csv"), actor=actor, now=now)


def test_one_file_comes_as_it_is(now: datetime) -> None:
    download = download_pack(Q1, formats=("json",), actor=person(roles=("compliance",)), now=now)
    assert (download.name, download.media_type) == ("pack-2016Q1.json", "application/json")
    assert json.loads(download.content)["quarter"] == "2016Q1"


def test_building_and_taking_away_are_both_recorded(now: datetime) -> None:
    actor = person("Ana", roles=("compliance",))
    download = download_pack(Q1, formats=("json",), actor=actor, now=now)
    built, taken = LedgerEvent.objects.filter(type__startswith="reports.").order_by("id")
    assert [built.type, taken.type] == ["reports.pack_built", "reports.pack_downloaded"]
    assert taken.actor_id == str(actor.pk)
    assert json.loads(taken.payload)["details"]["sha256"] == sha256(download.content).hexdigest()


def test_who_may_not_build_takes_nothing_away(now: datetime) -> None:
    with pytest.raises(NotAllowed):
        download_pack(Q1, formats=("json",), actor=person(roles=("auditor",)), now=now)
    assert not LedgerEvent.objects.filter(type__startswith="reports.").exists()
