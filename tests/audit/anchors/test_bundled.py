"""Receipts of anchors in a bundle, as the verifier that shares no code with the portal reads them."""

import json
from pathlib import Path
from typing import Any

import pytest

from audit.anchors import services
from audit.anchors.configured import anchors
from audit.evidence.bundles import export_evidence
from audit.evidence.selection import Selection
from audit.evidence.verifier import verify
from audit.sealing import keys
from audit.sealing.services import seal
from portal.foundation import clock
from tests.factories.ledger import write_events
from tests.factories.witness import running_witness

pytestmark = pytest.mark.django_db


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
