"""A folder of keys for each test, and checkpoints to show around."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.models import LedgerCheckpoint
from audit.sealing.services import seal
from tests.factories.ledger import last_note, write_events

Grow = Callable[[int], LedgerCheckpoint]


@pytest.fixture(autouse=True)
def keys_folder(tmp_path: Path, settings: Any) -> Path:
    settings.LEDGER_KEYS = str(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
def grow(db: None, now: datetime) -> Grow:
    """Writes some events and seals them; the checkpoint of all so far. Each call is a second later."""
    calls: list[int] = []

    def growing(count: int) -> LedgerCheckpoint:
        calls.append(count)
        at = now + timedelta(seconds=len(calls))
        write_events(count, now=at)
        seal(at)
        found: LedgerCheckpoint = last_note()
        return found

    return growing


@pytest.fixture
def note() -> str:
    """A checkpoint's text with a signature line, for those who only pass it on."""
    root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    seal = "\u2014 incident-escalation-portal Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="
    return f"incident-escalation-portal\n42\n{root}\ntime 2026-03-02T09:00:00.000000Z\n\n{seal}\n"
