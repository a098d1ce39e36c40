"""Evidence over the API: the same right, the same events and the same bytes as on the pages."""

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from audit.events.services import act
from audit.evidence import exports
from audit.evidence.selection import Selection
from audit.evidence.verifier import verify
from audit.models import EvidenceExport, LedgerEvent
from audit.sealing.keys import public_keys
from audit.sealing.services import seal
from portal.foundation import clock
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
LEDGER = "/api/v1/ledger/"
EXPORTS = f"{LEDGER}exports/"
WHY = {"reason": "Audit of the first quarter"}


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEYS, settings.EVIDENCE_FOLDER = str(tmp_path / "keys"), str(tmp_path / "evidence")


def api_of(*roles: str) -> APIClient:
    api = APIClient(raise_request_exception=False)
    api.force_authenticate(person("Rae", roles=roles))
    return api


def happen(count: int = 1) -> None:
    for _ in range(count):
        with act("thing.done", actor=None, now=clock.now()):
            pass


def written(key: int) -> EvidenceExport:
    exports.carry_out(key, clock=clock.now, wait=lambda seconds: seal(clock.now()))
    return EvidenceExport.objects.get(pk=key)


def told() -> list[str]:
    kinds = LedgerEvent.objects.filter(type__startswith="evidence.").order_by("pk")
    return [event.type for event in kinds]


def test_from_a_request_to_a_verdict(tmp_path: Path, capsys: Any) -> None:
    happen(5)
    seal(clock.now())
    api = api_of("auditor")
    asked = api.post(EXPORTS, WHY)
    assert (asked.status_code, asked.headers["Location"], asked.json()["state"]) == (201, asked.json()["url"], "queued")
    address = asked.json()["url"]
    assert api.post(f"{address}download/").status_code == 409
    run = written(asked.json()["id"])
    done = api.get(address).json()
    assert (done["state"], done["sha256"], done["entries"], done["reason"]) == ("done", run.sha256, run.entries, WHY["reason"])
    taken: Any = api.post(f"{address}download/", headers={"Accept": "application/zip"})
    path = tmp_path / done["file"]
    path.write_bytes(b"".join(taken.streaming_content))
    assert (taken["Content-Type"], path.stat().st_size) == ("application/zip", done["bytes"])
    assert verify.main([str(path)]) == 0, capsys.readouterr().out
    assert told() == ["evidence.requested", "evidence.exported", "evidence.downloaded"]
    (exports.folder() / run.file).unlink()
    gone = api.post(f"{address}download/")
    assert (gone.status_code, "kept for 7 days" in gone.json()["detail"]) == (404, True)


def test_a_part_is_asked_for_as_at_the_server() -> None:
    part = {"since": "2026-03-01T10:00:00+01:00", "until": "2026-04-01T00:00:00Z", "object": "portal.user:7"}
    made = api_of("compliance").post(EXPORTS, WHY | part).json()
    assert (made["since"], made["until"], made["object"]) == ("2026-03-01T09:00:00Z", "2026-04-01T00:00:00Z", "portal.user:7")


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "reason"),
        ({"reason": "  "}, "reason"),
        (WHY | {"until": "tomorrow"}, "until"),
        (WHY | {"since": "2026-04-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}, "until"),
        (WHY | {"object": "a.b:c"}, "object"),
        (WHY | {"object": "incidents.incident:"}, "object"),
        (WHY | {"to": "2026-04-01"}, "to"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(sent: dict[str, str], field: str) -> None:
    answer = api_of("auditor").post(EXPORTS, sent)
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (400, [field])
    assert not EvidenceExport.objects.exists()


def test_one_at_a_time_and_a_repeat_is_none() -> None:
    api = api_of("auditor")
    first, again = (api.post(EXPORTS, WHY, headers={"Idempotency-Key": "one"}) for _ in range(2))
    assert (again.status_code, again.json()["id"], again.headers["Idempotency-Replayed"]) == (201, first.json()["id"], "true")
    assert api.post(EXPORTS, WHY).status_code == 409
    assert EvidenceExport.objects.count() == 1


def test_one_event_is_proved(tmp_path: Path, capsys: Any) -> None:
    happen()
    event, api = LedgerEvent.objects.latest("pk"), api_of("auditor")
    addresses = [f"{LEDGER}events/{name}/proof/" for name in (event.pk, event.event_id)]
    assert api.post(addresses[0]).status_code == 409
    seal(clock.now())
    for address in addresses:
        with zipfile.ZipFile(BytesIO(api.post(address).content)) as archive:
            archive.extractall(tmp_path)
    proof, payload = (str(tmp_path / f"event-{event.pk}.{kind}") for kind in ("tlog-proof", "json"))
    assert verify.main([proof, "--payload", payload, "--key", str(tmp_path / "keys.txt")]) == 0, capsys.readouterr().out
    assert told() == ["evidence.proved"] * 2
    assert [api.post(f"{LEDGER}events/{name}/proof/").status_code for name in ("9" * 18, "0" * 36, "x")] == [404] * 3


def test_the_state_is_that_of_the_page(tmp_path: Path, settings: Any) -> None:
    api = api_of("auditor")
    assert api.get(LEDGER).json()["state"] == "not_sealed"
    settings.LEDGER_ANCHORS = [f"file://{tmp_path}/elsewhere"]
    happen(3)
    seal(clock.now())
    found = api.get(LEDGER).json()
    assert (found["state"], found["waiting"], found["alarms"]) == ("sealed", 0, [])
    assert found["entries"] == LedgerEvent.objects.count()
    assert [place["confirmed_at"] for place in found["places"]] == [None]
    assert [one["key"] for one in found["public_keys"]] == list(public_keys())


@pytest.mark.parametrize("role", ["responder", "manager", "approver", "administrator"])
def test_without_the_right_there_is_nothing_and_the_try_is_an_event(role: str) -> None:
    run = exports.request_export(Selection(), actor=person("Ada", roles=("compliance",)), now=clock.now(), reason="x")
    happen()
    event, api = LedgerEvent.objects.latest("pk"), api_of(role)
    answers = [api.get(EXPORTS), api.post(EXPORTS, WHY), api.get(f"{EXPORTS}{run.pk}/"), api.post(f"{EXPORTS}{run.pk}/download/")]
    answers += [api.post(f"{LEDGER}events/{event.pk}/proof/")]
    assert [answer.status_code for answer in answers] == [404] * 5
    denied = [json.loads(payload) for payload in LedgerEvent.objects.filter(type="access.denied").values_list("payload", flat=True)]
    assert {one["details"]["path"] for one in denied} >= {EXPORTS, f"{LEDGER}events/{event.pk}/proof/"}
    assert EvidenceExport.objects.count() == 1


def test_the_state_is_for_those_who_read_or_take_out() -> None:
    assert [api_of(role).get(LEDGER).status_code for role in ("responder", "auditor", "compliance")] == [404, 200, 200]
    assert APIClient().get(LEDGER).status_code == 401


def test_the_list_costs_the_same_however_much_there_is() -> None:
    api, counts = api_of("auditor"), []
    for rows in (1, 6):
        for number in range(rows):
            exports.request_export(Selection(), actor=person(f"Ada {rows} {number}", roles=("auditor",)), now=clock.now(), reason="x")
        api.get(EXPORTS)
        with CaptureQueriesContext(connection) as captured:
            assert api.get(EXPORTS).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
