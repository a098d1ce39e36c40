"""The shipped log of another tool, brought in, sealed and exported: it verifies; with one byte changed, or its tail cut, it does not."""

import hashlib
import io
import json
import random
import zipfile
from pathlib import Path

import pytest

from audit.models import LedgerEvent
from audit.sealing.services import seal
from incidents.imports.models import SourceRecord
from incidents.imports.servicenow_log.source import SERVICENOW_LOG
from incidents.imports.services import import_log
from incidents.models import Incident
from portal.foundation import clock
from tests.audit.evidence.verifier.made_bundles import Members, described, packed
from tests.incidents.imports.logs import sample_incidents, write
from tests.shared import shared

from .conftest import Judge, exported

pytestmark = pytest.mark.django_db
INCIDENTS = 24
POSITIONS = 40
CUTS = 10
BYTES_OF_THE_FILE = 20


@shared
def log(places: Path) -> Members:
    """Two dozen incidents of the sample, in two files of which the second knows more of each; sealed after each."""
    stories = list(sample_incidents().values())[:INCIDENTS]
    first = [row for rows in stories for row in rows[: len(rows) // 2]]
    for name, told in (("first.csv", first), ("second.csv", [row for rows in stories for row in rows])):
        import_log(write(places / name, told), SERVICENOW_LOG, actor=None, operator="olga", now=clock.now())
        seal(clock.now())
    return exported(places)


def test_it_verifies_with_every_event_of_the_import(log: Members, judge: Judge) -> None:
    verdict = judge(log)
    assert (verdict["status"], verdict["findings"]) == (0, [])
    assert verdict["entries"]["in_full"] == LedgerEvent.objects.count() > 2 * INCIDENTS


def test_it_holds_every_incident_as_it_was_brought_in_and_a_digest_of_what_its_source_said(log: Members) -> None:
    entries = [json.loads(line) for line in log["entries.jsonl"].splitlines()]
    for incident in Incident.objects.all():
        first, *others = [one for one in entries if one["type"] == "incident.imported" and one["obj"]["pk"] == str(incident.pk)]
        [created] = first["changes"]
        assert (created["kind"], created["after"]["number"], first["obj"]["seq"]) == ("created", incident.number, 1)
        assert all(change["kind"] == "changed" for one in others for change in one["changes"])
        for told in (first, *others):
            came = SourceRecord.objects.filter(incident=incident, run=told["details"]["run"]).order_by("recorded_at", "place")
            lines = "".join(f"{digest}\n" for digest in came.values_list("digest", flat=True))
            assert told["details"]["records_sha256"] == hashlib.sha256(lines.encode()).hexdigest()
            assert told["details"]["records"] == len(came)


def test_any_changed_byte_of_its_entries_is_found(log: Members, judge: Judge) -> None:
    """The manifest is made to fit, so that only the tree can know."""
    entries = log["entries.jsonl"]
    for place in places_in(entries):
        changed = bytearray(entries)
        changed[place] ^= 1
        verdict = judge(described({**log, "entries.jsonl": bytes(changed)}), "--quick")
        assert verdict["status"] == 1, (place, verdict["findings"])


def places_in(data: bytes) -> list[int]:
    chosen = random.Random(20261122).sample(range(1, len(data) - 2), POSITIONS - 2)
    return [0, len(data) - 2, *chosen]


@pytest.mark.parametrize("name", ["checkpoints.jsonl", "cards.jsonl", "manifest.json", "keys.txt"])
def test_any_changed_byte_of_another_member_is_found(log: Members, judge: Judge, name: str) -> None:
    for place in random.Random(7).sample(range(len(log[name])), min(5, len(log[name]))):
        changed = bytearray(log[name])
        changed[place] ^= 1
        assert judge({**log, name: bytes(changed)}, "--quick")["status"] != 0, place


def test_any_cut_tail_is_found(log: Members, judge: Judge) -> None:
    lines = log["entries.jsonl"].splitlines(keepends=True)
    for kept in {0, 1, 255, 256, 257, len(lines) - 1, *random.Random(3).sample(range(len(lines)), CUTS)}:
        if kept < len(lines):
            cut = described({**log, "entries.jsonl": b"".join(lines[:kept])}, tree_size=kept, entries=kept)
            assert judge(cut, "--quick")["status"] in (1, 2), kept


def test_any_cut_of_the_file_is_found(log: Members, judge: Judge) -> None:
    whole = packed(log, zipfile.ZIP_DEFLATED)
    for kept in random.Random(5).sample(range(1, len(whole)), 10):
        assert judge(whole[:kept], "--quick")["status"] in (1, 2), kept


def test_a_byte_of_the_packed_file_changes_nothing_or_is_found(log: Members, judge: Judge) -> None:
    """Dates and the like of a ZIP file's directory are no evidence; what comes out of it is."""
    whole = packed(log, zipfile.ZIP_DEFLATED)
    for place in random.Random(11).sample(range(len(whole)), BYTES_OF_THE_FILE):
        changed = bytearray(whole)
        changed[place] ^= 1
        if judge(bytes(changed), "--quick")["status"] == 0:
            assert unpacked(bytes(changed)) == log, place


def unpacked(data: bytes) -> Members:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
