"""Finishing a pack."""

import json
from datetime import datetime
from hashlib import sha256

import pytest
from django.db import IntegrityError, connection, transaction

from audit.ledger.models import LedgerEvent
from portal.foundation.errors import NotAllowed, PortalError, WrongState
from reports.document import Chapter, Definition, Section
from reports.packs.finishing import content_of, finish
from reports.packs.freezing import document_of, freeze
from reports.packs.quarters import Quarter
from tests.factories.portal import person
from tests.factories.reports import small_quarter, stored

pytestmark = pytest.mark.django_db
Q1 = Quarter(2016, 1)
DECIDED = Chapter(
    "review",
    sections=(Section("decisions", "Decisions", paragraphs=("Two more people are hired.",)),),
    content={"decisions": 1},
    definitions=(Definition("decisions", "Decisions", "number", "What the meeting decided."),),
)


def test_a_pack_is_finished_once_with_every_file_and_its_digest(now: datetime) -> None:
    stored(*small_quarter())
    frozen = freeze(Q1, None, actor=None, now=now)
    finished = finish(frozen, chapters=(DECIDED,), actor=person(roles=("compliance",)), now=now)
    files = {file.name: content_of(file) for file in finished.files.all()}
    assert {name.rpartition(".")[2] for name in files} == {"json", "csv", "xlsx", "pdf"}
    plain = json.loads(files["pack-2016Q1.json"])
    assert plain["review"] == {"decisions": 1}
    assert plain["frozen"]["sha256"] == frozen.sha256
    assert [section.key for section in document_of(finished).sections][-4:-2] == ["decisions", "check"]
    told = json.loads(LedgerEvent.objects.get(type="reports.pack_finished").payload)["details"]
    assert {each["name"]: each["sha256"] for each in told["files"]} == {
        name: sha256(content).hexdigest() for name, content in files.items()
    }
    assert (told["figures_sha256"], told["sha256"]) == (frozen.sha256, finished.sha256)
    with pytest.raises(WrongState, match="are a finished pack already"):
        finish(frozen, actor=None, now=now)


def test_only_compliance_finishes_a_pack(now: datetime) -> None:
    frozen = freeze(Q1, None, actor=None, now=now)
    with pytest.raises(NotAllowed, match="You may not finish a quarterly pack"):
        finish(frozen, actor=person(roles=("auditor",)), now=now)


def test_the_database_keeps_a_finished_pack_and_its_files(now: datetime) -> None:
    finished = finish(freeze(Q1, None, actor=None, now=now), actor=None, now=now)
    for table in ("finishedpack", "packfile"):
        for statement in (f"UPDATE reports_{table} SET sha256 = '0'", f"DELETE FROM reports_{table}"):  # noqa: S608
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
    file = finished.files.first()
    assert file is not None
    file.sha256 = "0" * 64
    with pytest.raises(PortalError, match="is not what was finished"):
        content_of(file)
