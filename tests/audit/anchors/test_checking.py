"""What anchors hold against a ledger that was rewritten, cut or put back, and that they hold nothing against an honest one."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from audit.anchors import services
from audit.anchors.anchor import AnchorFailed
from audit.anchors.checking import findings
from audit.anchors.configured import anchors
from audit.evidence.checking import verify_ledger
from audit.models import LedgerCheckpoint, LedgerEpoch
from audit.sealing import keys, notes
from portal.foundation import clock, database_guards
from tests.audit.anchors.conftest import Grow
from tests.factories.witness import a_witness_key, running_witness

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(tmp_path: Path, settings: Any) -> Path:
    """A file elsewhere that is an anchor."""
    settings.LEDGER_ANCHORS = [f"file://{tmp_path}/checkpoints"]
    return tmp_path / "checkpoints"


def shown(checkpoint: LedgerCheckpoint) -> None:
    for anchor in anchors():
        services.show_newest(anchor, now=checkpoint.at)


def found() -> list[str]:
    return [one.code for one in findings(now=clock.now())]


def forget(*statements: str) -> None:
    """As somebody who owns the database."""
    database_guards.drop("audit", "default")
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def cut_after(size: int) -> None:
    forget(
        f'DELETE FROM audit_ledgerleaf WHERE "index" >= {size}',  # noqa: S608
        f"DELETE FROM audit_ledgercheckpoint WHERE size > {size}",  # noqa: S608
        "DELETE FROM audit_anchorreceipt",
    )


def test_an_honest_ledger_has_nothing_held_against_it(grow: Grow, path: Path) -> None:
    for count in (3, 300, 1):
        shown(grow(count))
    grow(2)
    assert found() == []
    assert not [one for one in verify_ledger(now=clock.now()).findings if one.code.startswith("anchor")]


def test_a_ledger_cut_to_an_older_state_is_given_away_by_the_file(grow: Grow, path: Path) -> None:
    first = grow(3)
    shown(first)
    path.write_text(path.read_text() + grow(4).note + "\n")
    cut_after(first.size)
    assert found() == ["anchor_beyond"]


def test_a_ledger_rewritten_with_its_own_key_is_given_away_by_the_file(grow: Grow, path: Path) -> None:
    checkpoint = grow(3)
    shown(checkpoint)
    said = notes.Checkpoint("incident-escalation-portal", checkpoint.size, bytes(32), checkpoint.at)
    path.write_text(notes.signed(said, [keys.present().signer]) + "\n")
    assert found() == ["anchor_differs"]
    assert "anchor_differs" in {one.code for one in verify_ledger(now=clock.now()).findings}


def test_the_root_that_counts_is_the_tree_s_own(grow: Grow, path: Path) -> None:
    shown(grow(3))
    forget("UPDATE audit_ledgercheckpoint SET root = 'changed'")
    assert found() == []
    forget('UPDATE audit_ledgerleaf SET hash = (SELECT hash FROM audit_ledgerleaf WHERE "index" = 1) WHERE "index" = 0')
    assert found() == ["anchor_differs"]


def test_what_somebody_else_wrote_into_the_file_is_no_proof_of_tampering(grow: Grow, path: Path, note: str) -> None:
    shown(grow(3))
    path.write_text(path.read_text() + note.replace("\n42\n", "\n999\n") + "\n" + note.replace("incident-escalation-portal", "else") + "\n")
    assert found() == ["anchor_failing"]


def test_receipts_of_more_than_there_is_are_tampering(grow: Grow, path: Path) -> None:
    first = grow(3)
    shown(grow(4))
    path.write_text("")
    forget(f'DELETE FROM audit_ledgerleaf WHERE "index" >= {first.size}')  # noqa: S608
    assert found() == ["anchor_beyond"]


def test_what_a_restore_owns_up_to_is_no_tampering(grow: Grow, path: Path) -> None:
    first = grow(3)
    later = grow(4)
    shown(later)
    cut_after(first.size)
    LedgerEpoch.objects.create(
        number=2, origin="incident-escalation-portal/epoch-2", size=first.size, lost_to=later.size, opened_at=later.at, reason="A test."
    )
    assert found() == []
    forget(f"UPDATE audit_ledgerepoch SET lost_to = {later.size - 1}")  # noqa: S608
    assert found() == ["anchor_beyond"]


def test_what_fails_and_what_cannot_be_read_is_incomplete(grow: Grow, path: Path, settings: Any, now: datetime) -> None:
    shown(grow(3))
    path.unlink()
    assert found() == ["anchor_failing"]
    services.failed(anchors()[0], AnchorFailed("The disk is not mounted."), now=now)
    assert found() == ["anchor_failing"]
    settings.LEDGER_ANCHORS = [f"witness+http://127.0.0.1:9/#{a_witness_key('w')}", "nonsense"]
    assert found() == ["anchor_failing", "anchor_failing"]


def test_a_witness_gives_away_a_ledger_that_was_cut(grow: Grow, tmp_path: Path, settings: Any) -> None:
    first = grow(3)
    with running_witness(tmp_path, keys.present().vkey) as other:
        settings.LEDGER_ANCHORS = [other.address]
        shown(grow(4))
        assert found() == []
        cut_after(first.size)
        assert found() == ["anchor_beyond"]
