"""A bundle written by the portal, checked by the verifier that shares no code with it."""

import json
import zipfile
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from audit.events.services import act
from audit.events.stories import parsed
from audit.evidence import bundles
from audit.evidence.bundles import Bundle, export_evidence
from audit.evidence.checking import verify_ledger
from audit.evidence.estimates import estimate
from audit.evidence.proofs import prove
from audit.evidence.selection import Selection, object_named
from audit.evidence.verifier import verify
from audit.models import LedgerEvent
from audit.sealing.services import seal
from portal.foundation import clock
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def sealed(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEYS = tmp_path / "keys"


def happen(count: int, *, actor: Any = None, subject: Any = None) -> None:
    for number in range(count):
        with act("thing.done", actor=actor, now=clock.now(), subject=subject, why=f"Number {number}") as running:
            running.details = {"number": number}


def export(folder: Path, selection: Selection | None = None, **said: Any) -> tuple[Path, Bundle]:
    path = folder / f"bundle-{len(list(folder.iterdir()))}.zip"
    with_sealer = {"wait": lambda seconds: seal(clock.now()), "now": clock.now(), "actor": None} | said
    return path, export_evidence(path, selection or Selection(), **with_sealer)


def verdict(path: Path, capsys: Any) -> dict[str, Any]:
    status = verify.main([str(path), "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["status"] == status
    return found


@pytest.mark.usefixtures("sealed")
def test_files_are_attached_and_the_tree_holds_their_digests(tmp_path: Path, capsys: Any) -> None:
    ana, ben = person("Ana"), person("Ben")
    for each in (ana, ben, person("Eve")):
        happen(2, subject=each)
    path, bundle = export(
        tmp_path,
        Selection(model="portal.user", pk=str(ana.pk), others=(("portal.user", str(ben.pk)),)),
        attached={"report.pdf": b"%PDF-1.7"},
    )
    found = verdict(path, capsys)
    assert (found["status"], found["attached"], bundle.entries) == (0, ["report.pdf"], 7), found
    with zipfile.ZipFile(path) as archive:
        assert archive.read("attached/report.pdf") == b"%PDF-1.7"
    told = json.loads(LedgerEvent.objects.get(type="evidence.exported").payload)["details"]["attached"]
    assert told == {"report.pdf": {"bytes": 8, "sha256": sha256(b"%PDF-1.7").hexdigest()}}


@pytest.mark.usefixtures("sealed")
def test_a_bundle_of_everything_is_sound(tmp_path: Path, capsys: Any) -> None:
    ana = person("Ana", roles=("manager",))
    happen(300, actor=ana, subject=ana)
    path, bundle = export(tmp_path)
    found = verdict(path, capsys)
    assert found["status"] == 0, found
    assert bundle.entries == bundle.size == LedgerEvent.objects.count()


@pytest.mark.usefixtures("sealed")
def test_a_bundle_of_one_object_is_sound_and_holds_only_that(tmp_path: Path, capsys: Any) -> None:
    ana, tom = person("Ana"), person("Tom")
    happen(260, actor=tom, subject=tom)
    happen(3, actor=tom, subject=ana)
    happen(30, actor=tom, subject=tom)
    path, bundle = export(tmp_path, Selection(model="portal.user", pk=str(ana.pk)))
    assert verdict(path, capsys)["status"] == 0
    kept = [json.loads(line) for line in zipfile.ZipFile(path).read("entries.jsonl").splitlines() if line.startswith(b"{")]
    assert {entry["obj"]["pk"] for entry in kept if "obj" in entry} == {str(ana.pk)}
    assert bundle.entries == len(kept) < bundle.size


@pytest.mark.usefixtures("sealed")
def test_a_bundle_of_a_time_leaves_the_rest_out(tmp_path: Path, capsys: Any) -> None:
    happen(5)
    begun = clock.now()
    happen(4)
    path, bundle = export(tmp_path, Selection(since=begun, until=begun + timedelta(hours=1)))
    assert (verdict(path, capsys)["status"], bundle.entries) == (0, 5)


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("fraction", [0, 500_000])
def test_a_time_begins_with_its_first_instant_and_ends_before_its_last_in_any_zone(zone: str, fraction: int, tmp_path: Path) -> None:
    since = datetime(2099, 1, 1, microsecond=fraction, tzinfo=UTC)
    until, moment = since + timedelta(hours=1), timedelta(microseconds=1)
    for at in (since - moment, since, until - moment, until):
        with act("thing.done", actor=None, now=at, why=at.isoformat()):
            pass
    of_the_time = Selection(since=since.astimezone(ZoneInfo(zone)), until=until.astimezone(ZoneInfo(zone)))
    seal(clock.now())
    assert estimate(of_the_time).entries == 2
    path, bundle = export(tmp_path, of_the_time)
    kept = [json.loads(line) for line in zipfile.ZipFile(path).read("entries.jsonl").splitlines() if line.startswith(b"{")]
    told = [entry["why"] for entry in kept if entry["type"] == "thing.done"]
    assert (told, bundle.entries) == ([since.isoformat(), (until - moment).isoformat()], 3)


@pytest.mark.usefixtures("sealed")
def test_the_second_bundle_of_a_ledger_goes_on_from_the_first(tmp_path: Path, capsys: Any) -> None:
    happen(3)
    first, _ = export(tmp_path)
    happen(3)
    second, _ = export(tmp_path)
    assert [verdict(path, capsys)["status"] for path in (first, second)] == [0, 0]


@pytest.mark.usefixtures("sealed")
def test_one_event_is_proved_by_itself(tmp_path: Path, capsys: Any) -> None:
    happen(40)
    event = LedgerEvent.objects.order_by("pk")[7]
    with pytest.raises(WrongState, match="not sealed yet"):
        prove(event)
    seal(clock.now())
    proof = prove(event)
    (tmp_path / "one.tlog-proof").write_text(proof.text)
    (tmp_path / "one.json").write_text(proof.payload)
    assert verify.main([str(tmp_path / "one.tlog-proof"), "--payload", str(tmp_path / "one.json")]) in (0, 5)
    assert len(proof.text) <= 1500


@pytest.mark.usefixtures("sealed")
def test_without_a_sealer_nothing_is_exported_and_no_file_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(WrongState, match="Start the sealer"):
        export(folder, wait=lambda seconds: None, patience=0.05)
    assert not list(folder.iterdir())


@pytest.mark.usefixtures("sealed")
def test_an_export_that_fails_is_followed_by_an_event_that_says_so(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(bundles, "verifier_page", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(tmp_path)
    monkeypatch.undo()
    exported, failed = (LedgerEvent.objects.get(type=f"evidence.{kind}") for kind in ("exported", "export_failed"))
    told = parsed(failed.payload)
    assert told["details"]["bundle"] == parsed(exported.payload)["details"]["bundle"]
    assert told["why"].startswith("ZeroDivisionError")
    # The next one is sound, and whoever reads it sees what became of the first.
    path, _ = export(tmp_path, Selection(model="portal.user", pk="0"))
    assert verdict(path, capsys)["status"] == 0
    assert b"evidence.export_failed" in zipfile.ZipFile(path).read("entries.jsonl")


def test_exporting_needs_its_right(tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        export(tmp_path, actor=person("Rita", roles=("responder",)))


@pytest.mark.usefixtures("sealed")
def test_the_ledger_where_it_lies_is_sound() -> None:
    happen(300, subject=person("Ana"))
    seal(clock.now())
    report = verify_ledger(now=clock.now())
    assert (report.findings, report.verdict.status, report.size) == ([], 0, LedgerEvent.objects.count())


@pytest.mark.parametrize("text", ["", "INC-1", "incidents.nothing:1", "incidents.incident:", "a.b.c:1"])
def test_an_object_that_cannot_be_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidInput, match="names no object"):
        object_named(text)
