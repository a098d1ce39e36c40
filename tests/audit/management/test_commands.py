"""What somebody does at the server: check, export, prove; each ends with a status, and leaves its event."""

import json
import subprocess
import sys
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audit.evidence import bundles
from audit.models import LedgerEvent
from audit.sealing.services import seal
from portal.foundation import clock
from tests.audit.attacks import attacker
from tests.factories.ledger import write_events

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEYS = str(tmp_path / "keys")
    write_events(4, now=clock.now())
    seal(clock.now())


def status_of(*words: str) -> tuple[int, dict[str, Any]]:
    """The exit status of verify_ledger, and what it says to machines."""
    out, status = StringIO(), 0
    try:
        call_command("verify_ledger", *words, "--json", stdout=out)
    except SystemExit as stop:
        status = int(stop.code or 0)
    return status, json.loads(out.getvalue())


def without(guard: str, table: str) -> None:
    attacker.sql(f"DROP TRIGGER {guard}" + ("" if connection.vendor == "sqlite" else f" ON {table}"))


def checked(*words: str) -> int:
    """The status of verify.py, run by itself as an auditor runs it."""
    return subprocess.run([sys.executable, *words], capture_output=True, check=False).returncode


def test_a_sound_ledger_ends_with_0() -> None:
    status, said = status_of()
    assert (status, said["status"], said["verdict"], said["findings"]) == (0, 0, "sound", [])
    words = StringIO()
    call_command("verify_ledger", stdout=words)
    assert words.getvalue().startswith("SOUND: everything that was checked holds.")


def test_a_tampered_one_ends_with_1_and_names_the_entry() -> None:
    with attacker.without_guards():
        attacker.edit(2)
    status, said = status_of()
    assert (status, said["verdict"], said["findings"][0]["index"]) == (1, "tampered", 2)


def test_a_guard_that_is_gone_ends_with_2() -> None:
    without("audit_leaf_no_update", "audit_ledgerleaf")
    status, said = status_of()
    assert (status, [one["code"] for one in said["findings"]]) == (2, ["guard_missing"])
    assert "audit_leaf_no_update is missing, was changed" in said["findings"][0]["text"]


def test_a_bundle_made_at_the_server_is_judged_by_the_verifier_in_it(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(bundles.export_evidence.__kwdefaults__, "wait", lambda seconds: seal(clock.now()))
    out, said = tmp_path / "evidence.zip", StringIO()
    call_command("export_evidence", out=str(out), stdout=said)
    with zipfile.ZipFile(out) as archive:
        archive.extract("verify.py", tmp_path)
    assert checked(str(tmp_path / "verify.py"), str(out)) == 0
    assert "python3 verify.py" in said.getvalue()
    with pytest.raises(CommandError, match="not written over"):
        call_command("export_evidence", out=str(out))


def test_a_proof_made_at_the_server_checks_and_is_an_event(tmp_path: Path) -> None:
    event, said = LedgerEvent.objects.earliest("pk"), StringIO()
    call_command("prove", str(event.pk), out=str(tmp_path), stdout=said)
    printed = said.getvalue().partition("python3 verify.py ")[2].replace("'", "").split()
    verifier, payload = str(bundles.VERIFIERS / "verify.py"), tmp_path / f"event-{event.pk}.json"
    assert checked(verifier, *printed) == 0
    assert checked(verifier, *printed[:3]) == 5, "without the key anybody may have signed it"
    payload.write_text(payload.read_text().replace('"v":2', '"v":3'))
    assert checked(verifier, *printed) == 1
    told = LedgerEvent.objects.get(type="evidence.proved")
    assert (told.object_model, told.object_pk, '"channel":"command"' in told.payload) == ("audit.ledgerevent", str(event.pk), True)
    with pytest.raises(CommandError, match="no event"):
        call_command("prove", "999999999", out=str(tmp_path))
