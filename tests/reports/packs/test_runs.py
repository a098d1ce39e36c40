"""Packs that are asked for, made by a worker, and handed out."""

import json
import zipfile
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from audit.ledger.models import LedgerEvent
from audit.sealing.services import seal
from policies.models import BusinessUnit, Service
from portal.foundation import clock
from portal.foundation.errors import InvalidInput, NotAllowed, NotFound, WrongState
from portal.models import User
from reports.models import PackRun, QuarterlyPack
from reports.packs import runs, services
from reports.packs.finishing import finish
from reports.packs.freezing import freeze
from reports.packs.quarters import Quarter
from tests.factories.portal import person
from tests.factories.reports import fact, small_quarter, stored

pytestmark = pytest.mark.django_db
Q1 = Quarter(2016, 1)


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.EVIDENCE_FOLDER, settings.LEDGER_KEYS = tmp_path / "evidence", tmp_path / "keys"
    monkeypatch.setattr(runs, "enqueue", lambda task, run: None)


@pytest.fixture
def ana() -> User:
    return person("Ana", roles=("compliance",))


def made(run: PackRun) -> PackRun:
    runs.carry_out(run.pk, clock=clock.now, wait=lambda seconds: seal(clock.now()))
    run.refresh_from_db()
    return run


def told(kind: str) -> Any:
    return json.loads(LedgerEvent.objects.filter(type=kind).latest("pk").payload)["details"]


def test_a_pack_is_asked_for_made_and_handed_out_with_its_digest(ana: User, now: datetime) -> None:
    stored(*small_quarter())
    run = made(runs.request_pack(Q1, formats=("json", "csv"), actor=ana, now=now))
    assert (run.state, run.failure, run.file) == ("done", "", "pack-2016Q1.zip")
    path = runs.hand_out(run, actor=ana, now=now)
    assert run.sha256 == sha256(path.read_bytes()).hexdigest()
    assert {"pack-2016Q1.json", "pack-2016Q1-weeks.csv"} <= set(zipfile.ZipFile(path).namelist())
    assert told("reports.pack_requested") == {"kind": "pack", "quarter": "2016Q1", "unit": "", "formats": ["json", "csv"]}
    assert told("reports.pack_downloaded") == {"quarter": "2016Q1", "file": run.file, "bytes": run.length, "sha256": run.sha256}
    assert runs.carry_out(run.pk, clock=clock.now) is None, "a second call finds nothing to do"


def test_a_pack_of_a_unit_counts_the_unit_and_its_parts(ana: User, now: datetime) -> None:
    stored(fact(service="Cards"), fact(service="Payroll"))
    unit = BusinessUnit.objects.create(name="Payments")
    Service.objects.filter(name="Cards").update(business_unit=unit)
    run = made(runs.request_pack(Q1, unit=unit, formats=("json",), actor=ana, now=now))
    assert run.file == f"pack-2016Q1-unit-{unit.pk}-payments.json"
    assert json.loads(runs.hand_out(run, actor=ana, now=now).read_bytes())["metrics"]["incidents_opened"] == 1
    assert QuarterlyPack.objects.get().unit == unit


def test_a_draft_of_frozen_figures_says_nothing_that_was_told_later(ana: User, now: datetime) -> None:
    stored(*small_quarter())
    frozen = freeze(Q1, None, actor=None, now=now)
    stored(fact(number="LATER"))
    run = made(runs.request_pack(Q1, frozen=frozen, formats=("json",), actor=ana, now=now))
    content = json.loads(runs.hand_out(run, actor=ana, now=now).read_bytes())
    assert (content["metrics"]["incidents_opened"], content["frozen"]["sha256"]) == (6, frozen.sha256)


def test_the_evidence_of_a_finished_pack_is_made_for_a_reason(ana: User, now: datetime) -> None:
    frozen = freeze(Q1, None, actor=None, now=now)
    with pytest.raises(WrongState, match="is not finished: its review is not signed yet"):
        runs.request_evidence(frozen, actor=ana, now=now, reason="The regulator asks.")
    finish(frozen, actor=None, now=now)
    frozen.refresh_from_db()
    with pytest.raises(InvalidInput, match="Say why evidence is taken out"):
        runs.request_evidence(frozen, actor=ana, now=now, reason=" ")
    run = made(runs.request_evidence(frozen, actor=ana, now=now, reason="The regulator asks."))
    assert (run.state, run.file) == ("done", "pack-2016Q1-evidence.zip"), run.failure
    assert "attached/pack-2016Q1.pdf" in zipfile.ZipFile(runs.hand_out(run, actor=ana, now=now)).namelist()


def test_one_at_a_time_and_a_gone_worker_holds_nobody_up(ana: User, now: datetime) -> None:
    run = runs.request_pack(Q1, formats=("json",), actor=ana, now=now)
    with pytest.raises(WrongState, match="is under way"):
        runs.request_pack(Q1, actor=ana, now=now + timedelta(minutes=1))
    PackRun.objects.filter(pk=run.pk).update(state="running", looked_at=now)
    assert runs.request_pack(Q1, actor=ana, now=now + timedelta(minutes=5))


def test_a_failure_is_told_in_words_and_leaves_no_file(ana: User, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: Any, **said: Any) -> Any:
        raise InvalidInput("The disk is full.")

    monkeypatch.setattr(services, "build_pack", full)
    run = made(runs.request_pack(Q1, actor=ana, now=now))
    assert (run.state, run.failure) == ("failed", "The disk is full.")
    assert not list((tmp_path / "evidence").iterdir())
    with pytest.raises(WrongState, match="not made yet"):
        runs.hand_out(run, actor=ana, now=now)


def test_files_go_after_a_week_and_changed_ones_are_not_handed_out(ana: User, now: datetime, tmp_path: Path) -> None:
    run = made(runs.request_pack(Q1, formats=("json",), actor=ana, now=now))
    [file] = (tmp_path / "evidence").iterdir()
    content = file.read_bytes()
    file.write_bytes(content + b" ")
    with pytest.raises(WrongState, match="is not what was made"):
        runs.hand_out(run, actor=ana, now=now)
    assert runs.remove_old(now=clock.now() + timedelta(days=6)) == 0
    assert runs.remove_old(now=clock.now() + timedelta(days=8)) == 1
    assert not file.exists()
    run.refresh_from_db()
    with pytest.raises(NotFound, match="kept for 7 days"):
        runs.hand_out(run, actor=ana, now=now)


@pytest.mark.parametrize("role", ["auditor", "manager", "responder", "administrator"])
def test_others_neither_ask_for_packs_nor_get_them(role: str, ana: User, now: datetime) -> None:
    run = made(runs.request_pack(Q1, formats=("json",), actor=ana, now=now))
    with pytest.raises(NotAllowed):
        runs.request_pack(Q1, actor=person(roles=(role,)), now=now)
    with pytest.raises(NotAllowed):
        runs.hand_out(run, actor=person(roles=(role,)), now=now)
