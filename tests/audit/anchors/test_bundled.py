"""Receipts of anchors in a bundle, as the verifier that shares no code with the portal reads them."""

import json
import zipfile
from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction

from audit.anchors import known, services
from audit.anchors.checking import findings
from audit.anchors.configured import anchors
from audit.anchors.models import AnchorReceipt
from audit.evidence.bundles import export_evidence
from audit.evidence.selection import Selection
from audit.evidence.verifier import verify
from audit.sealing import keys
from audit.sealing.epochs import open_epoch
from audit.sealing.services import seal
from portal.foundation import clock
from tests.factories.ledger import write_events
from tests.factories.portal import person
from tests.factories.witness import running_witness

pytestmark = pytest.mark.django_db


def test_a_bundle_carries_the_anchors_of_what_a_restore_lost(tmp_path: Path, settings: Any, capsys: Any) -> None:
    """The checkpoints of it are gone; what a file elsewhere was shown of them is read again, and no bundle hides it."""
    settings.LEDGER_ANCHORS = [f"file://{tmp_path}/checkpoints"]
    [anchor] = anchors()
    write_events(3, now=clock.now())
    seal(clock.now())
    services.show_newest(anchor, now=clock.now())
    backup = transaction.savepoint()
    write_events(4, now=clock.now())
    lost = seal(clock.now())
    with patch.object(known, "OTHERS_EVERY", timedelta()):
        services.show_newest(anchor, now=clock.now())
    transaction.savepoint_rollback(backup)
    epoch = open_epoch(reason="The disk failed at noon.", approvers=[person("Ana"), person("Tom")], now=clock.now())
    assert lost is not None
    assert AnchorReceipt.objects.filter(epoch=1, size=lost.size).count() == 1
    seal(clock.now())
    path = tmp_path / "bundle.zip"
    export_evidence(path, Selection(), actor=None, now=clock.now(), wait=lambda seconds: seal(clock.now()))
    rows = [json.loads(line) for line in zipfile.ZipFile(path).read("anchors.jsonl").splitlines()]
    [kept] = [row for row in rows if row["size"] == lost.size]
    assert b64decode(kept["receipt"]).decode().startswith(f"{lost.origin} {lost.size} ")
    status = verify.main([str(path), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (status, [one["word"] for one in found["findings"]]) == (2, ["incomplete"]), found["findings"]
    assert found["lost"] == [{"epoch": 2, "first": epoch.size, "until": lost.size}]
    services.show_newest(anchor, now=clock.now())
    assert [one.code for one in findings(now=clock.now())] == []


def test_a_bundle_tells_which_anchors_and_witnesses_have_seen_the_ledger(tmp_path: Path, settings: Any, capsys: Any) -> None:
    write_events(3, now=clock.now())
    seal(clock.now())
    with running_witness(tmp_path, keys.present().vkey) as other:
        settings.LEDGER_ANCHORS = [f"file://{tmp_path}/checkpoints", other.address]
        for _ in range(2):
            for anchor in anchors():
                assert services.show_newest(anchor, now=clock.now()) or True
            write_events(2, now=clock.now())
            seal(clock.now())
    path = tmp_path / "bundle.zip"
    export_evidence(path, Selection(), actor=None, now=clock.now(), wait=lambda seconds: seal(clock.now()))
    status = verify.main([str(path), "--json"])
    found = json.loads(capsys.readouterr().out)
    assert status == 0, found["findings"]
    assert any(one["kind"] == "file" and one["name"].startswith("file /") for one in found["anchors"])
    [seen] = found["witnesses"]
    assert seen["name"] == "witness.example/w1"
    assert "NOT verified" not in seen["state"]
