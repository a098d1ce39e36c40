"""A quarter of many incidents by pages alone: opened by a worker, sent back once, signed, its pack and evidence taken home, then stated anew.

Run where Chromium is installed: `make browser`.
"""

import zipfile
from contextlib import redirect_stdout
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from audit.evidence.verifier import verify
from audit.sealing.services import seal
from portal.foundation import clock
from reports.models import PackFile, PackRun, QuarterlyReview, ReviewRun
from reports.packs import runs as pack_runs
from reports.quarterly import proposing, runs
from reports.quarterly.packing import finish_signed
from tests.factories import quarterly as make
from tests.factories.portal import person
from tests.factories.quarterly import AFTER

from .chromium import CHROMIUM, PASSWORD, browser, signed_in

__all__ = ["browser"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.the_same_on_any_database,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium on this machine."),
]
PEOPLE = {"cora": ("Cora Compliance", "compliance"), "mona": ("Mona Manager", "manager"), "rolf": ("רולף 🔥 =cmd", "approver")}


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bank in which three incidents are many, and whose workers come when a journey says so."""
    monkeypatch.setattr(settings, "LEDGER_KEYS", str(tmp_path / "keys"))
    monkeypatch.setattr(settings, "EVIDENCE_FOLDER", str(tmp_path / "evidence"))
    monkeypatch.setattr(clock, "now", lambda: AFTER)
    monkeypatch.setattr(runs, "READ_AT_ONCE", 2)
    for jobs in (runs, pack_runs):
        monkeypatch.setattr(jobs, "enqueue", lambda task, run: None)
    for username, (name, role) in PEOPLE.items():
        person(name, username=username, password=PASSWORD, roles=(role,))
    payments = make.unit("Payments")
    numbers = tuple(incident.number for incident in make.incidents(payments, 14))
    found = [make.pattern("late", numbers=numbers), make.pattern("night", rank=2, numbers=numbers[:2])]
    monkeypatch.setattr(proposing, "patterns_in", lambda content: found)


def test_a_quarter_is_run_by_pages_from_its_opening_to_the_evidence_of_its_pack(
    bank: None, browser: Any, live_server: Any, tmp_path: Path
) -> None:
    cora, mona, rolf = (
        signed_in(browser, live_server.url, name, width=width) for name, width in (("cora", 1440), ("mona", 390), ("rolf", 1440))
    )
    there = is_opened_by_a_worker(cora, live_server.url)
    judges_each_in_turn(cora, there)
    cannot_be_signed_before_it_is_put_up(rolf, there)
    is_put_up(cora, there, "Quiet, but for the nights.")
    is_sent_back_with_words_that_its_page_shows(rolf, cora, there)
    is_put_up(cora, there, "Quiet, but for the nights and one week-end.")
    rolf.goto(f"{there}../do/sign/")
    rolf.fill("#id_reason", "Mine first.")
    press(rolf, "Sign")
    assert "Compliance signs first, then Risk committee" in rolf.inner_text("#content")
    for page in (cora, mona, rolf):
        signs(page, there)
    assert QuarterlyReview.objects.get().is_signed
    downloads_the_finished_pack(cora, there)
    verifies_the_evidence(cora, tmp_path)
    is_stated_anew_for_a_reason_only(cora, there)
    assert cora.refused == mona.refused == rolf.refused == []


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_load_state()


def follow(page: Any, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()
    page.wait_for_load_state()


def is_opened_by_a_worker(page: Any, address: str) -> str:
    page.goto(f"{address}/admin/reports/quarterlyreview/add/")
    page.select_option("#id_quarter", "2026Q1")
    press(page, "Open it")
    assert "Say it in a sentence" in page.inner_text("#content")
    page.fill("#id_reason", "The log was brought in.")
    press(page, "Open it")
    assert "as soon as a worker is free" in page.inner_text("#run [role=status]")
    # Left, and found again.
    page.goto(f"{address}/admin/reports/quarterlyreview/")
    follow(page, "2026Q1, the whole organisation")
    runs.carry_out(ReviewRun.objects.get().pk, clock=clock.now)
    page.wait_for_selector("text=Open: First quarter of 2026, the whole organisation.")
    follow(page, "Go on with the review")
    return str(page.url)


def judges_each_in_turn(page: Any, there: str) -> None:
    page.get_by_role("link", name="2 more of Headline of late").click()
    assert "14 incidents" in page.inner_text("#content")
    follow(page, "Back to the review")
    page.get_by_role("link", name="Reword or dismiss Headline of late").click()
    page.fill("#id_headline", "Nights are slow")
    press(page, "Accept")
    assert page.url.startswith(f"{there}#finding-"), "at the next one that waits"
    page.get_by_role("link", name="Reword or dismiss Headline of night").click()
    page.fill("#id_reason", "The same nights.")
    press(page, "Dismiss")
    assert "Proposed as: “Headline of late”" in page.inner_text("#content")


def cannot_be_signed_before_it_is_put_up(page: Any, there: str) -> None:
    page.goto(f"{there}../do/sign/")
    assert "This is no longer possible" in page.inner_text("#content")


def is_put_up(page: Any, there: str, summary: str) -> None:
    page.goto(there)
    follow(page, "Write summary and agenda")
    page.fill("#id_summary", summary)
    press(page, "Write summary and agenda")
    follow(page, "Put up for signature")
    page.fill("#id_reason", "The figures and the meeting.")
    press(page, "Put up for signature")
    assert "0 of 3 signatures, next: Compliance" in page.inner_text("#content")


def is_sent_back_with_words_that_its_page_shows(by: Any, page: Any, there: str) -> None:
    by.goto(there)
    follow(by, "Send back")
    by.fill("#id_reason", "The week-end is missing.")
    press(by, "Send back")
    page.goto(there)
    assert "Sent back" in page.inner_text("#content")
    assert f"by {PEOPLE['rolf'][0]}: “The week-end is missing.”" in page.inner_text("#content")


def signs(page: Any, there: str) -> None:
    page.goto(there)
    follow(page, "Sign")
    page.fill("#id_reason", "It says what we agreed.")
    press(page, "Sign")
    assert "It says what we agreed." in page.inner_text("#qr-signatures >> xpath=..")


def downloads_the_finished_pack(page: Any, there: str) -> None:
    page.goto(there)
    follow(page, "See the pack")
    assert "a worker makes the pack" in page.inner_text("#pack [role=status]")
    assert finish_signed(now=AFTER) == 1
    page.wait_for_selector("text=The pack was finished")
    for name in ("pack-2026Q1.pdf", "pack-2026Q1.xlsx", "pack-2026Q1.json", "pack-2026Q1-incidents.csv"):
        with page.expect_download() as waits:
            page.get_by_role("button", name=f"Download {name}").click()
        content = Path(waits.value.path()).read_bytes()
        assert sha256(content).hexdigest() == PackFile.objects.get(name=name).sha256, name


def verifies_the_evidence(page: Any, folder: Path) -> None:
    follow(page, "Take the evidence out")
    page.fill("#id_reason", "The regulator asks.")
    page.locator("#content form button[type=submit]").click()
    page.wait_for_url("**/runs/**")
    pack_runs.carry_out(PackRun.objects.get(kind=PackRun.Kind.EVIDENCE).pk, clock=clock.now, wait=lambda seconds: seal(clock.now()))
    page.wait_for_selector("text=Ready: pack-2026Q1-evidence.zip")
    with page.expect_download() as waits:
        press(page, "Download")
    taken = folder / "taken.zip"
    waits.value.save_as(taken)
    assert "attached/pack-2026Q1.pdf" in zipfile.ZipFile(taken).namelist()
    with redirect_stdout(StringIO()) as said:
        status = verify.main([str(taken)])
    assert (status, said.getvalue().splitlines()[0]) == (0, "SOUND: everything that it claims was checked and holds.")


def is_stated_anew_for_a_reason_only(page: Any, there: str) -> None:
    page.goto(there)
    follow(page, "Restate")
    press(page, "Restate")
    assert "Say it in a sentence. Nothing was done." in page.inner_text("#content")
    page.fill("#id_reason", "Two incidents came in late.")
    press(page, "Restate")
    page.wait_for_url("**/runs/**")
    runs.carry_out(ReviewRun.objects.latest("pk").pk, clock=clock.now)
    page.get_by_role("link", name="Go on with the review").click()
    page.wait_for_selector("#qr-restated")
    assert "restatement 1" in page.inner_text("#content")
    page.goto(there)
    assert "This was stated anew" in page.inner_text("#content")
