"""The ledger's page, the line of state above the trail, and an event's place and proof."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.admin.seal import seal_line
from audit.anchors.known import State as Place
from audit.events.services import act
from audit.evidence import check_runs
from audit.evidence.checking import Report
from audit.evidence.findings import Finding
from audit.evidence.runs import GONE_AFTER
from audit.evidence.standing import Standing, standing
from audit.evidence.verifier import verify
from audit.models import AnchorReceipt, LedgerAlarm, LedgerCheck, LedgerEpoch, LedgerEvent
from audit.sealing.services import State, seal
from portal.foundation import clock
from portal.foundation.errors import NotAllowed, WrongState
from tests.factories.portal import person

LIST = "/admin/audit/ledgerevent/"
PAGE = "/admin/audit/ledgercheck/"
CHECK = f"{PAGE}check/"


@pytest.fixture(autouse=True)
def keys_folder(tmp_path: Path, settings: Any) -> None:
    settings.LEDGER_KEYS = str(tmp_path / "keys")


def signed_in(*roles: str, **fields: Any) -> Client:
    client = Client()
    client.force_login(person("Rae", roles=roles, **fields))
    return client


def happen(count: int = 1, subject: Any = None) -> LedgerEvent:
    for number in range(count):
        with act("thing.done", actor=None, now=clock.now(), subject=subject) as running:
            running.details = {"number": number}
    return LedgerEvent.objects.filter(type="thing.done").latest("pk")


def words_on(client: Client, address: str) -> str:
    return " ".join(client.get(address).content.decode().split())


def stands(now: Any, *, places: tuple[Place, ...] = (), alarms: tuple[str, ...] = (), misnamed: Any = (), **seal: Any) -> Standing:
    told = {"origin": "test", "size": 12_345, "at": now, "waiting": 0, "waiting_since": None} | seal
    return Standing(State(**told, alarms=alarms), places, now, misnamed)


AWAY = Place("tsa b", "rfc3161", None, None, None, "It did not answer in 10 s.")


def test_what_is_sealed_and_anchored_is_said_with_its_time(now: Any) -> None:
    line = seal_line(stands(now, places=(Place("file /a", "file", 5, now), Place("tsa b", "rfc3161", 5, now))))
    assert (line.look, line.word, line.wrong) == ("good", "Sealed", ())
    said = str(line.said)
    assert "12,345 entries" in said
    assert "at 2 of 2 places" in said
    assert f'title="{now:%Y-%m-%d %H:%M:%S} UTC"' in said


@pytest.mark.parametrize(
    ("word", "look", "said", "found"),
    [
        ("Sealed", "good", "anchored nowhere outside", lambda now: stands(now)),
        (
            "Behind",
            "error",
            "3 events wait, the oldest for 1 min",
            lambda now: stands(now, waiting=3, waiting_since=now - timedelta(minutes=1)),
        ),
        ("Behind", "error", "The sealer gave no sign", lambda now: stands(now, at=now - timedelta(minutes=6))),
        ("Anchor fails", "warning", "It did not answer in 10 s.", lambda now: stands(now, places=(AWAY,))),
        ("Anchor fails", "warning", "LEDGER_ANCHORS: Anchor 1", lambda now: stands(now, misnamed=("Anchor 1: no kind of anchor.",))),
        ("Alarm", "error", "Somebody removed entry 7.", lambda now: stands(now, alarms=("Somebody removed entry 7.",), places=(AWAY,))),
        ("Not sealed", "warning", "2 events wait", lambda now: stands(now, at=None, size=0, waiting=2, waiting_since=now)),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(word: str, look: str, said: str, found: Callable[[Any], Standing], now: Any) -> None:
    line = seal_line(found(now))
    assert (line.word, line.look) == (word, look)
    assert said in f"{line.said} {' '.join(line.wrong)}"


@pytest.mark.django_db
def test_a_place_is_as_well_as_its_last_answer(settings: Any) -> None:
    at = clock.now()
    settings.LEDGER_ANCHORS = ["file:///mnt/a", "file:///mnt/b", "file:///mnt/c", "file:///mnt/d", "nowhere"]
    for name, error in (("a", ""), ("b", ""), ("b", "refused"), ("c", "away")):
        AnchorReceipt.objects.create(anchor=f"file /mnt/{name}", kind="file", size=3, at=at, error=error)
    found = standing(at)
    assert ([place.name[-1] for place in found.well], [place.name[-1] for place in found.failing]) == (["a"], ["b", "c"])
    assert (len(found.places), found.anchored_at, len(found.misnamed)) == (4, at, 1)


@pytest.mark.django_db
def test_the_line_stands_above_the_trail_and_leads_to_the_ledger() -> None:
    happen(3)
    seal(clock.now())
    shown = words_on(signed_in("auditor"), LIST)
    assert '<strong class="ld-word">Sealed</strong>' in shown
    assert f'href="{PAGE}"' in shown


@pytest.mark.django_db
def test_an_event_tells_its_place_and_its_neighbours() -> None:
    ana = person("Ana")
    first, second, third = (happen(subject=ana) for _ in range(3))
    client = signed_in("auditor")
    assert "Not sealed yet" in words_on(client, f"{LIST}{second.pk}/change/")
    seal(clock.now())
    shown = words_on(client, f"{LIST}{second.pk}/change/")
    assert "sealed <time" in shown
    assert f'href="{LIST}{first.pk}/change/">the event before' in shown
    assert f'href="{LIST}{third.pk}/change/">the event after' in shown
    assert "Download proof" in shown


@pytest.mark.django_db
def test_names_are_opened_above_and_commitments_below() -> None:
    event = happen(subject=person("Ana Berg"))
    above, _, below = words_on(signed_in("auditor"), f"{LIST}{event.pk}/change/").partition('class="trail-raw"')
    assert "Ana Berg" in above
    assert "Ana Berg" not in below.partition("</pre>")[0]
    assert "sealed&quot;:" in below


@pytest.mark.django_db
def test_the_proof_of_an_event_checks_with_what_is_in_it(tmp_path: Path, capsys: Any) -> None:
    event = happen(5)
    client = signed_in("compliance")
    assert client.post(f"{LIST}{event.pk}/proof/").status_code == 302
    seal(clock.now())
    answer = client.post(f"{LIST}{event.pk}/proof/")
    assert answer["Content-Disposition"] == f'attachment; filename="event-{event.pk}-proof.zip"'
    zipfile.ZipFile(io.BytesIO(answer.content)).extractall(tmp_path)
    readme = (tmp_path / "README.txt").read_text()
    command = next(line.split()[2:] for line in readme.splitlines() if "python3 verify.py" in line)
    status = verify.main([str(tmp_path / part) if (tmp_path / part).is_file() else part for part in command])
    assert status == 0, capsys.readouterr().out
    told = LedgerEvent.objects.get(type="evidence.proved")
    assert (told.object_model, told.object_pk) == ("audit.ledgerevent", str(event.pk))


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["responder", "manager", "approver", "administrator", "stakeholder"])
def test_the_ledger_is_for_those_who_review(role: str) -> None:
    event, client = happen(), signed_in(role)
    answers = [client.get(PAGE), client.post(CHECK), client.post(f"{LIST}{event.pk}/proof/")]
    assert [answer.status_code for answer in answers] == [403] * 3
    with pytest.raises(NotAllowed):
        check_runs.request_check(actor=person("Tom", roles=(role,)), now=clock.now())


@pytest.mark.django_db
def test_a_check_is_asked_for_carried_out_and_kept_as_an_event() -> None:
    happen(3)
    client = signed_in("auditor")
    assert "never checked from here" in words_on(client, PAGE)
    client.post(CHECK)
    assert "as soon as a worker is free" in words_on(client, PAGE)
    seal(clock.now())
    run = check_runs.carry_out(LedgerCheck.objects.get().pk, clock=clock.now)
    assert run is not None
    assert (run.state, run.verdict, run.found) == ("done", "sound", 0), (run.failure, run.findings)
    assert '<strong class="ld-word">Sound</strong>' in words_on(client, PAGE)
    told = LedgerEvent.objects.get(type="ledger.verified")
    assert (told.object_pk, told.actor_id) == (str(run.pk), str(run.requested_by_id))
    assert check_runs.carry_out(run.pk, clock=clock.now) is None


@pytest.mark.django_db
def test_what_a_check_finds_is_an_alarm_until_another_finds_nothing(monkeypatch: Any) -> None:
    rae = person("Rae", roles=("auditor",))
    changed, guard = Finding("entry_changed", "Entry 7 is not what it was.", 7), Finding("guard_missing", "A guard is away.")
    for findings, alarms in (([guard, changed], 1), ([], 0), ([guard], 0)):
        report = Report(size=9, findings=findings)
        monkeypatch.setattr(check_runs, "verify_ledger", lambda now, tell, found=report: found)
        check_runs.carry_out(check_runs.request_check(actor=rae, now=clock.now()).pk, clock=clock.now)
        assert LedgerAlarm.objects.filter(key="check", words__contains="Entry 7 is not what it was.").count() == alarms
    client = Client()
    client.force_login(rae)
    assert '<strong class="ld-word">Incomplete</strong>' in words_on(client, PAGE)


@pytest.mark.django_db
def test_findings_are_shown_and_a_failure_is_told_in_words(monkeypatch: Any) -> None:
    rae = person("Rae", roles=("auditor",))
    report = Report(size=9, findings=[Finding("entry_changed", f"Entry {number} is <b>changed</b>.", number) for number in range(60)])
    monkeypatch.setattr(check_runs, "verify_ledger", lambda now, tell: report)
    check_runs.carry_out(check_runs.request_check(actor=rae, now=clock.now()).pk, clock=clock.now)
    monkeypatch.setattr(check_runs, "verify_ledger", lambda now, tell: 1 / 0)
    check_runs.carry_out(check_runs.request_check(actor=rae, now=clock.now()).pk, clock=clock.now)
    client = Client()
    client.force_login(rae)
    shown = words_on(client, PAGE)
    for part in ("Tampered", "60 findings", "Entry 49 is &lt;b&gt;changed&lt;/b&gt;.", "10 more are not shown", "ZeroDivisionError"):
        assert part in shown
    assert "Entry 50" not in shown


@pytest.mark.django_db
def test_one_check_at_a_time_unless_its_worker_is_gone() -> None:
    rae, now = person("Rae", roles=("auditor",)), clock.now()
    check_runs.request_check(actor=rae, now=now)
    with pytest.raises(WrongState, match="under way"):
        check_runs.request_check(actor=rae, now=now)
    check_runs.request_check(actor=rae, now=now + GONE_AFTER)


@pytest.mark.django_db
def test_the_page_tells_keys_places_and_what_a_restore_lost(settings: Any) -> None:
    settings.LEDGER_ANCHORS = ["file:///mnt/<b>x</b>"]
    happen(2)
    seal(clock.now())
    AnchorReceipt.objects.create(anchor="file /mnt/<b>x</b>", kind="file", size=2, at=clock.now(), error="It <i>refused</i>.")
    LedgerEpoch.objects.create(number=2, origin="x/epoch-2", size=1_000, lost_to=1_200, opened_at=clock.now(), reason="Disk failure.")
    shown = words_on(signed_in("auditor"), PAGE)
    for part in (
        "Signs now",
        "SHA-256 of",
        "file /mnt/&lt;b&gt;x&lt;/b&gt;",
        "It &lt;i&gt;refused&lt;/i&gt;.",
        "Lost: entries 1,000 to 1,199.",
    ):
        assert part in shown


@pytest.mark.django_db
def test_an_empty_ledger_has_its_words() -> None:
    shown = words_on(signed_in("auditor"), PAGE)
    for part in (
        "Nothing is sealed yet",
        "There is no key yet",
        "anchored nowhere outside",
        "first epoch",
        "Nothing was exported yet",
        "No alarm",
    ):
        assert part in shown


@pytest.mark.django_db
def test_the_pages_cost_the_same_however_long_the_ledger(settings: Any) -> None:
    settings.LEDGER_ANCHORS = ["file:///mnt/a", "file:///mnt/b"]
    client, ana, counts = signed_in("auditor"), person("Ana"), []
    for rows in (3, 30):
        event = happen(rows, subject=ana)
        seal(clock.now())
        for place in range(rows):
            AnchorReceipt.objects.create(anchor=f"file /mnt/{'ab'[place % 2]}", kind="file", size=place, at=clock.now())
        for address in (PAGE, LIST, f"{LIST}{event.pk}/change/"):
            client.get(address)
            with CaptureQueriesContext(connection) as captured:
                client.get(address)
            counts.append(len(captured))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 26
