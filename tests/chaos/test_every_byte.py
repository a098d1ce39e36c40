"""Every single byte of an imported log's bundle, changed: the verifier finds each. `make test` tries a choice of them."""

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
MEMBERS = ("entries.jsonl", "checkpoints.jsonl", "cards.jsonl", "keys.txt")


@pytest.fixture
def log(places: Path) -> Members:
    shortest = min(sample_incidents().values(), key=len)
    import_log(write(places / "log.csv", shortest), SERVICENOW_LOG, actor=None, operator="olga", now=clock.now())
    seal(clock.now())
    return exported(places)


def test_every_changed_byte_of_an_imported_log_is_found(log: Members, judge: Judge) -> None:
    """The manifest is made to fit, so that only what the bytes prove can tell."""
    assert judge(log)["status"] == 0
    missed = []
    for name in MEMBERS:
        for place in range(len(log[name])):
            changed = bytearray(log[name])
            changed[place] ^= 1
            if judge(described({**log, name: bytes(changed)}))["status"] == 0:
                missed.append((name, place))
    assert not missed, missed[:20]


def test_every_cut_of_its_entries_is_found(log: Members, judge: Judge) -> None:
    lines = log["entries.jsonl"].splitlines(keepends=True)
    for kept in range(len(lines)):
        cut = described({**log, "entries.jsonl": b"".join(lines[:kept])}, tree_size=kept, entries=kept)
        assert judge(cut)["status"] in (1, 2), kept
