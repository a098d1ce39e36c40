"""Single bytes of an imported log's bundle, changed: the verifier finds each. `make test` tries bytes of a smaller bundle.

All bytes of checkpoints, cards and keys are tried, and every fourth of the entries, in each line beginning with another one, which takes one
or two minutes. CHAOS_STEP=1 tries every byte of the entries, too, in four times as long.
"""

import os
import re
from pathlib import Path

import pytest

from audit.sealing.services import seal
from incidents.imports.servicenow_log.source import SERVICENOW_LOG
from incidents.imports.services import import_log
from portal.foundation import clock
from tests.audit.attacks.conftest import Judge, as_it_was, exported, judge, places
from tests.audit.evidence.verifier.made_bundles import Members, described
from tests.incidents.imports.logs import sample_incidents, write

__all__ = ["as_it_was", "judge", "places"]
pytestmark = pytest.mark.django_db
SMALL = ("checkpoints.jsonl", "cards.jsonl", "keys.txt")
STEP = int(os.environ.get("CHAOS_STEP", "4"))


@pytest.fixture
def log(places: Path) -> Members:
    shortest = min(sample_incidents().values(), key=len)
    import_log(write(places / "log.csv", shortest), SERVICENOW_LOG, actor=None, operator="olga", now=clock.now())
    seal(clock.now())
    # What is not evidence need not be packed and hashed some thousand times.
    return described({**exported(places), **dict.fromkeys(("README.txt", "verify.py", "verify.js", "verify.html"), b"")})


def tried(entries: bytes) -> list[int]:
    """Places in the entries: every STEP-th of a line, from another one on in each."""
    starts = [0, *(place + 1 for place, byte in enumerate(entries) if byte == ord("\n"))]
    ends = [*starts[1:], len(entries)]
    return [place for line, start in enumerate(starts) for place in range(start + line % STEP, ends[line], STEP)]


def subjects(cards: bytes) -> set[int]:
    """Places where a card says whom it is about, which no commitment covers: the manifest alone tells that it was changed."""
    return {place for found in re.finditer(rb'"subject":"([^"]*)"', cards) for place in range(*found.span(1))}


def test_a_changed_byte_of_an_imported_log_is_found_wherever_it_is(log: Members, judge: Judge) -> None:
    """The manifest is made to fit, so that only what the bytes prove can tell."""
    assert judge(log)["status"] == 0
    missed = []
    for name, chosen in [("entries.jsonl", tried(log["entries.jsonl"])), *((name, range(len(log[name]))) for name in SMALL)]:
        for place in chosen:
            changed = bytearray(log[name])
            changed[place] ^= 1
            fits = name != "cards.jsonl" or place not in subjects(log[name])
            members = {**log, name: bytes(changed)}
            if judge(described(members) if fits else members)["status"] == 0:
                missed.append((name, place))
    assert not missed, missed[:20]


def test_every_cut_of_its_entries_is_found(log: Members, judge: Judge) -> None:
    lines = log["entries.jsonl"].splitlines(keepends=True)
    for kept in range(len(lines)):
        cut = described({**log, "entries.jsonl": b"".join(lines[:kept])}, tree_size=kept, entries=kept)
        assert judge(cut)["status"] in (1, 2), kept
