"""What was exported at the server, past the pages: the trail tells of it, and so do the pages of exports."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.events.services import act
from audit.evidence import bundles, exports
from audit.evidence.at_the_server import _details, written_at_the_server
from audit.evidence.selection import Selection
from audit.models import LedgerEvent
from audit.sealing.services import seal
from portal.foundation import clock
from portal.foundation.errors import WrongState
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
LEDGER, LIST = "/admin/audit/ledgercheck/", "/admin/audit/evidenceexport/"
APRIL = Selection(datetime(2026, 4, 1, tzinfo=UTC), None, "incidents.incident", "7")


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEYS, settings.EVIDENCE_FOLDER = str(tmp_path / "keys"), str(tmp_path / "evidence")


def told(reason: str, selection: Selection | None = None, *, actor: Any = None, failed: bool = False) -> None:
    """The events of an export, as the service writes them."""
    now, bundle = clock.now(), f"b-{reason}"
    with act("evidence.exported", actor=actor, now=now, why=reason) as running:
        running.details = {"bundle": bundle, "selection": (selection or Selection()).as_recorded()}
    if failed:
        with act("evidence.export_failed", actor=actor, now=now, why="The disk is full.") as running:
            running.details = {"bundle": bundle}


def reader(*roles: str) -> Client:
    client = Client()
    client.force_login(person("Rae", roles=roles))
    return client


def shown(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def test_a_bundle_of_the_command_is_listed_and_one_of_the_page_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = bundles._sealed
    monkeypatch.setattr(bundles, "_sealed", lambda bundle, patience, wait: at_once(bundle, patience, lambda seconds: seal(clock.now())))
    call_command("export_evidence", out=str(tmp_path / "all.zip"), reason="The regulator asked")
    run = exports.request_export(Selection(), actor=person("Una", roles=("auditor",)), now=clock.now(), reason="Mine")
    exports.carry_out(run.pk, clock=clock.now)
    [one] = written_at_the_server(5)
    assert (one.why, one.selection, one.broke_off) == ("The regulator asked", Selection(), False)
    assert LedgerEvent.objects.get(pk=one.event).type == "evidence.exported"


def test_one_that_broke_off_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*told: Any) -> Any:
        raise WrongState("The disk is full.")

    monkeypatch.setattr(bundles, "_sealed", full)
    with pytest.raises(CommandError, match="disk is full"):
        call_command("export_evidence", out=str(tmp_path / "all.zip"))
    assert [one.broke_off for one in written_at_the_server(5)] == [True]


def test_what_was_chosen_is_read_back_as_it_was_written_down() -> None:
    some = Selection(None, None, "incidents.incident", "7", (("incidents.drill", "3"),))
    for number, selection in enumerate((Selection(), APRIL, some)):
        told(f"Number {number}", selection)
    assert [one.selection for one in written_at_the_server(5)] == [some, APRIL, Selection()]
    assert [one.why for one in written_at_the_server(2)] == ["Number 2", "Number 1"]


def test_both_pages_list_them_with_their_reason_and_their_event() -> None:
    told("<b>The regulator</b>", APRIL)
    told("Nightly", failed=True)
    first, second = LedgerEvent.objects.filter(type="evidence.exported").order_by("id")
    for address in (LEDGER, LIST):
        page = shown(reader("auditor"), address)
        assert "Events of incidents.incident 7 from" in page
        assert "&lt;b&gt;The regulator&lt;/b&gt;" in page
        assert "Everything: broke off at the server" in page
        for event in (first, second):
            assert f'href="/admin/audit/ledgerevent/{event.pk}/change/"' in page
    assert "Nothing was exported from here yet." in shown(reader("auditor"), LIST)
    assert "Nothing was exported yet" not in shown(reader("auditor"), LEDGER)


def test_whoever_takes_no_evidence_out_is_told_of_none() -> None:
    told("Secret matter")
    for role in ("manager", "approver", "responder", "administrator", "stakeholder"):
        for address in (LEDGER, LIST):
            answer = reader(role).get(address)
            assert (answer.status_code, b"Secret matter" in answer.content) == (403, False), (role, address)


def test_an_event_that_somebody_changed_past_the_portal_breaks_no_page() -> None:
    told("First")
    event = LedgerEvent.objects.latest("id")
    event.payload = "no JSON"
    odd = [event, LedgerEvent(payload='{"details": []}'), LedgerEvent(payload='{"details": {"bundle": "x", "selection": {"from": 7}}}')]
    assert [_details(each) for each in odd] == [{}, {}, {}]


def test_both_pages_ask_as_much_however_much_was_exported() -> None:
    client, counts = reader("auditor"), []
    for address in (LEDGER, LIST):
        client.get(address)
    for rows in (1, 30):
        for number in range(rows):
            told(f"{rows}-{number}", failed=True)
        seal(clock.now())
        for address in (LEDGER, LIST):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                client.get(address)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_an_object_of_which_nothing_is_told_is_written_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    at_once = bundles._sealed
    monkeypatch.setattr(bundles, "_sealed", lambda bundle, patience, wait: at_once(bundle, patience, lambda seconds: seal(clock.now())))
    call_command("export_evidence", out=str(tmp_path / "none.zip"), object="incidents.incident:INC-999999")
    assert "No event is about incidents.incident:INC-999999" in capsys.readouterr().err
    assert (tmp_path / "none.zip").exists()
