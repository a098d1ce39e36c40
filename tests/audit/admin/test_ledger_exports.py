"""Exports as people ask for them: what will be in them, their progress, the file and how to check it."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.events.services import act
from audit.evidence import exports
from audit.evidence.estimates import estimate
from audit.evidence.runs import GONE_AFTER
from audit.evidence.selection import Selection
from audit.evidence.verifier import verify
from audit.models import EvidenceExport, LedgerEvent, LedgerLeaf
from audit.sealing.services import seal
from portal.foundation import clock
from portal.foundation.errors import InvalidInput, NotAllowed, NotFound, WrongState
from portal.foundation.jobs import jobs
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
LIST = "/admin/audit/evidenceexport/"
FORM = f"{LIST}add/"
WHY = {"reason": "Audit of the first quarter"}


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEYS, settings.EVIDENCE_FOLDER = str(tmp_path / "keys"), str(tmp_path / "evidence")


def signed_in(*roles: str, **fields: Any) -> Client:
    client = Client()
    client.force_login(person("Rae", roles=roles, **fields))
    return client


def happen(count: int = 1, subject: Any = None) -> None:
    for _ in range(count):
        with act("thing.done", actor=None, now=clock.now(), subject=subject):
            pass


def shown(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def write(run: EvidenceExport, **said: Any) -> EvidenceExport:
    exports.carry_out(run.pk, **({"clock": clock.now, "wait": lambda seconds: seal(clock.now())} | said))
    run.refresh_from_db()
    return run


def ask(selection: Selection | None = None, **said: Any) -> EvidenceExport:
    asked = {"actor": person("Ada", roles=("compliance",)), "now": clock.now(), "reason": "For the audit"} | said
    return exports.request_export(selection or Selection(), **asked)


def test_from_the_form_to_a_verdict(tmp_path: Path, capsys: Any) -> None:
    happen(20)
    seal(clock.now())
    client = signed_in("auditor")
    assert "Everything:" in shown(client, FORM)
    page = client.post(FORM, WHY).headers["Location"]
    assert "as soon as a worker is free" in shown(client, page)
    run = write(EvidenceExport.objects.get())
    assert run.state == "done", run.failure
    told = shown(client, page)
    for part in (run.file, run.sha256, "another way", "python3 verify.py", "node verify.js", "verify.html", "--key"):
        assert part in told
    answer = client.post(f"{LIST}{run.pk}/download/")
    path = tmp_path / run.file
    path.write_bytes(b"".join(answer.streaming_content))
    assert path.stat().st_size == run.length
    assert verify.main([str(path)]) == 0, capsys.readouterr().out
    event = LedgerEvent.objects.get(type="evidence.downloaded")
    assert run.sha256 in event.payload
    assert (Path(exports.folder()).stat().st_mode & 0o777, (exports.folder() / run.file).stat().st_mode & 0o777) == (0o700, 0o600)


def test_each_step_is_an_event_with_its_reason() -> None:
    run = write(ask())
    exports.hand_out(run, actor=run.requested_by, now=clock.now())
    kinds = LedgerEvent.objects.filter(type__startswith="evidence.").order_by("pk")
    assert [event.type for event in kinds] == ["evidence.requested", "evidence.exported", "evidence.downloaded"]
    assert all("For the audit" in event.payload for event in kinds)


def test_the_form_says_how_much_one_thing_has_and_finds_it_by_name() -> None:
    ana, client = person("Ana Berg"), signed_in(is_superuser=True)
    happen(7, subject=ana)
    happen(30, subject=person("Tom"))
    seal(clock.now())
    assert f"portal.user%3A{ana.pk}" in shown(client, f"{FORM}?object=Ana+Berg")
    about_her, size = LedgerEvent.objects.filter(object_model="portal.user", object_pk=str(ana.pk)).count(), LedgerLeaf.objects.count()
    assert 7 <= about_her < size
    assert f"user Ana Berg:</strong> {about_her} of {size} entries in full" in shown(client, f"{FORM}?object=portal.user:{ana.pk}")
    assert "is called “Zoltan”" in shown(client, f"{FORM}?object=Zoltan")


def test_what_is_chosen_by_the_form_is_what_is_written() -> None:
    client = signed_in("compliance")
    happen(2)
    client.post(f"{FORM}?since=2026-03-01T10:00&until=2026-04-01T00:00:30", WHY)
    run = EvidenceExport.objects.get()
    assert run.since is not None
    assert run.until is not None
    assert run.until - run.since >= timedelta(days=30)
    assert "from 1 Mar 2026" in shown(client, f"{LIST}{run.pk}/change/")


@pytest.mark.parametrize(
    "query",
    ["since=never", "since=2026-03-02T00:00&until=2026-03-01T00:00", "since=0001-01-01T00:00", "until=9999-12-31T23:59", "object=%00"],
)
def test_a_time_that_cannot_be_is_refused_beside_its_field(query: str) -> None:
    answer = signed_in("auditor").post(f"{FORM}?{query}", WHY)
    assert answer.status_code == 400
    assert b"ak-field-error" in answer.content
    assert not EvidenceExport.objects.exists()


@pytest.mark.parametrize(
    "term", ["<script>alert(1)</script>", "'; DROP TABLE x; --", "9" * 60, "a.b:c", "incidents.incident:", "\U0001f600"]
)
def test_any_search_for_a_thing_is_answered(term: str) -> None:
    happen(subject=person("Ana"))
    answer = signed_in(is_superuser=True).get(f"{FORM}?object={quote(term)}")
    assert answer.status_code == 200
    assert b"<script>alert" not in answer.content


def test_a_reason_is_needed() -> None:
    assert signed_in("auditor").post(FORM, {"reason": " "}).status_code == 400
    with pytest.raises(InvalidInput):
        ask(reason=" ")
    assert not EvidenceExport.objects.exists()


@pytest.mark.parametrize("role", ["responder", "manager", "approver", "administrator", "stakeholder"])
def test_evidence_is_for_those_who_review(role: str) -> None:
    run = ask()
    client = signed_in(role)
    doors = [client.get(LIST), client.get(FORM), client.post(FORM, WHY), client.get(f"{LIST}{run.pk}/change/")]
    doors.append(client.post(f"{LIST}{run.pk}/download/"))
    assert [answer.status_code for answer in doors] == [403] * 5
    with pytest.raises(NotAllowed):
        ask(actor=person("Tom", roles=(role,)))


def test_a_right_that_was_taken_away_meanwhile_stops_the_writing() -> None:
    run = ask()
    run.requested_by.groups.clear()
    assert write(run).state == "failed"
    assert "You may not export evidence" in run.failure


def test_without_a_sealer_it_fails_in_words_and_leaves_no_file(monkeypatch: Any) -> None:
    monkeypatch.setattr(exports.export_evidence, "__kwdefaults__", exports.export_evidence.__kwdefaults__ | {"patience": 0.01})
    run = write(ask(), wait=lambda seconds: None)
    assert (run.state, "Start the sealer" in run.failure) == ("failed", True)
    assert list(exports.folder().iterdir()) == []
    assert "was not written" in shown(signed_in("auditor"), f"{LIST}{run.pk}/change/")


def test_a_folder_that_cannot_be_written_is_told_in_words(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "file").write_text("")
    settings.EVIDENCE_FOLDER = str(tmp_path / "file")
    assert "cannot be written to" in write(ask()).failure


def test_one_export_a_person_at_a_time() -> None:
    run = ask()
    with pytest.raises(WrongState, match="under way"):
        ask(actor=run.requested_by)
    ask(actor=run.requested_by, now=clock.now() + GONE_AFTER)


def test_a_file_that_is_not_what_was_written_is_not_handed_out() -> None:
    run, client = write(ask()), signed_in("auditor")
    (exports.folder() / run.file).write_bytes(b"something else")
    with pytest.raises(WrongState, match="not what was written"):
        exports.hand_out(run, actor=run.requested_by, now=clock.now())
    assert client.post(f"{LIST}{run.pk}/download/").status_code == 302
    assert client.get(f"{LIST}{run.pk}/download/").status_code == 302


def test_files_go_after_a_week_and_what_they_were_stays() -> None:
    run = write(ask())
    half, strange = exports.folder() / ".evidence-2026-01-01-9.zip.half", exports.folder() / "notes.txt"
    for path in (half, strange):
        path.write_text("x")
        os.utime(path, (0, 0))
    later = clock.now() + exports.KEPT - timedelta(minutes=1)
    assert (exports.remove_old(now=later), exports.remove_old(now=later + timedelta(minutes=2))) == (0, 1)
    assert list(exports.folder().iterdir()) == [strange]
    run.refresh_from_db()
    with pytest.raises(NotFound, match="kept for 7 days"):
        exports.hand_out(run, actor=run.requested_by, now=later)
    assert "file was deleted" in shown(signed_in("auditor"), f"{LIST}{run.pk}/change/")
    assert jobs.get("old-evidence") is not None


def test_the_estimate_is_about_right() -> None:
    happen(300)
    seal(clock.now())
    expected, run = estimate(Selection()), write(ask())
    assert expected.entries == expected.size >= 300
    assert 0.4 < expected.length / run.length < 2.5


def test_the_list_and_the_form_cost_the_same_however_much_there_is() -> None:
    client, counts = signed_in("auditor"), []
    for rows in (1, 12):
        for _ in range(rows):
            ask()
            happen(10)
        for address in (LIST, FORM):
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                client.get(address)
            counts.append(len(captured))
    assert counts[:2] == counts[2:]
