"""The pack of a signed review: its own chapter beside the frozen figures, made once, the same whenever it is read."""

import io
import json
import zipfile
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from audit.evidence.verifier import verify
from audit.sealing.services import seal
from portal.foundation import clock
from reports.exports.formats import FORMATS
from reports.models import FinishedPack, PackFile, QuarterlyReview
from reports.packs.evidence import export_pack
from reports.packs.finishing import content_of
from reports.quarterly.actions import finish_action
from reports.quarterly.chapter import chapter_of_review, restated_in_words
from reports.quarterly.deciding import ask_decision, take_decision
from reports.quarterly.judging import add_finding
from reports.quarterly.opening import restate
from reports.quarterly.packing import finish_signed, pack_of
from reports.quarterly.signing import sign_review
from tests.factories import quarterly as make
from tests.factories.quarterly import AFTER
from tests.untold import untold

pytestmark = pytest.mark.django_db
HOSTILE = "=cmd|' /C calc'!A0 عربي 🔥 <b>"


@pytest.fixture
def people(db: None) -> tuple[Any, ...]:
    return make.compliance(), make.compliance("Olga"), make.manager(), make.committee("رولف 🔥")


@pytest.fixture
def review(people: tuple[Any, ...]) -> QuarterlyReview:
    cora, _, mona, _ = people
    payments = make.unit("Payments")
    number = make.incidents(payments, 2)[0].number
    made = make.opened(payments, by=cora)
    finding = add_finding(made, headline=HOSTILE, sentence="Mostly after 22:00.", incidents=number, actor=cora, now=AFTER)
    decision = ask_decision(made, question="A second person?", finding=finding, actor=cora, now=AFTER)
    take_decision(decision, actor=mona, now=AFTER, reason="Yes.")
    make.action(made, cora, mona)
    return made


def test_only_a_signed_review_gets_its_pack_once_with_its_chapter_in_every_format(review: QuarterlyReview, people: tuple[Any, ...]) -> None:
    assert finish_signed(now=AFTER) == 0
    make.signed(review, *people)
    assert pack_of(review) is None
    assert finish_signed(now=AFTER) == 1
    assert finish_signed(now=AFTER) == 0
    files = {file.name.rpartition(".")[2]: file for file in PackFile.objects.all()}
    assert len(files) >= len(FORMATS) - 1
    told = json.loads(content_of(files["json"]))
    assert told["summary"][:2] == ["A quiet quarter.", "=1+1, as ever."], "what people wrote stands before what the figures say"
    assert told["review"]["manifest_sha256"] == review.sha256
    assert [each["as"] for each in told["review"]["signatures"]] == ["Compliance", "Manager or owner", "Risk committee"]
    assert told["review"]["findings"][0]["title"] == HOSTILE
    kept = pack_of(review)
    assert kept == FinishedPack.objects.get()
    assert untold() == []


def test_the_evidence_of_the_pack_holds_each_signature_and_is_sound(
    review: QuarterlyReview, people: tuple[Any, ...], tmp_path: Path, settings: Any
) -> None:
    settings.LEDGER_KEYS = tmp_path / "keys"
    make.signed(review, *people)
    finish_signed(now=AFTER)
    path = export_pack(FinishedPack.objects.get(), tmp_path, actor=people[0], now=clock.now(), wait=lambda seconds: seal(clock.now()))
    with redirect_stdout(io.StringIO()) as printed:
        verify.main([str(path), "--json"])
    assert json.loads(printed.getvalue())["status"] == 0, printed.getvalue()
    with zipfile.ZipFile(path) as archive:
        entries = [json.loads(line) for line in archive.read("entries.jsonl").splitlines() if line.startswith(b"{")]
    told = Counter(entry["type"] for entry in entries)
    assert (told["quarterly_review.signed"], told["quarterly_review.submitted"], told["reports.pack_finished"]) == (3, 1, 1)


def test_the_chapter_tells_what_was_signed_and_stays_the_same_when_actions_go_on(review: QuarterlyReview, people: tuple[Any, ...]) -> None:
    make.signed(review, *people)
    review = QuarterlyReview.objects.select_related("restates").get(pk=review.pk)
    before = chapter_of_review(review)
    tables = {table.key: table for section in before.sections for table in section.tables}
    assert [row[1] for row in tables["review_findings"].rows] == [HOSTILE]
    assert [row[3] for row in tables["review_decisions"].rows] == ["Yes."]
    assert [row[2] for row in tables["review_signatures"].rows] == ["Olga", "Mona Manager", "رولف 🔥"]
    later = AFTER.replace(month=5)
    finish_action(review.actions.get(), actor=people[2], now=later, reason="Raised.")
    assert chapter_of_review(review) == before


def test_a_restatement_tells_its_reason_and_what_is_otherwise_and_gets_a_pack_of_its_own(
    review: QuarterlyReview, people: tuple[Any, ...]
) -> None:
    make.signed(review, *people)
    finish_signed(now=AFTER)
    make.incidents(review.unit, 3)
    new = restate(review, actor=people[0], now=AFTER, reason="Three came late.")
    found = new.findings.get()
    assert found.headline == HOSTILE
    make.signed(new, people[0], *people[1:])
    told = restated_in_words(QuarterlyReview.objects.select_related("restates").get(pk=new.pk))
    assert "Incidents opened: 2 before, 5 now." in told
    assert not any(sentence.startswith(("Finding", "Decision")) for sentence in told)
    chapter = chapter_of_review(QuarterlyReview.objects.select_related("restates").get(pk=new.pk))
    said = next(section for section in chapter.sections if section.key == "review_restated")
    assert "Reason: Three came late." in said.paragraphs[0]
    assert finish_signed(now=AFTER) == 1
    assert FinishedPack.objects.count() == 2
    assert "review_restated" not in {section.key for section in chapter_of_review(review).sections}


def test_the_last_signature_and_no_other_has_a_worker_make_the_pack(
    review: QuarterlyReview, people: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("django_q.tasks.async_task", lambda task, **options: asked.append(task))
    cora, *signers = people
    make.put_up(review, cora)
    for signer in signers:
        assert asked == []
        with django_capture_on_commit_callbacks(execute=True):
            sign_review(review, actor=signer, now=AFTER, reason="Agreed.")
    assert asked == ["reports.tasks.finish_signed_packs"]
