"""The pack of a signed review, with something in every chapter: the same bytes on either database, elsewhere, and later."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.utils import timezone, translation

from audit.events.services import Act, act, record
from incidents.models import Incident
from policies.models import BusinessUnit, EscalationPolicy, Service, Team
from portal.models import User
from reports.exports.formats import FORMATS
from reports.models import FinishedPack, QuarterlyReview
from reports.packs import services
from reports.packs.finishing import content_of
from reports.packs.frozen_form import lines_of
from reports.packs.kept import document_of, pack, report_of
from reports.packs.reading import ANALYSES
from reports.quarterly.actions import finish_action
from reports.quarterly.chapter import chapter_of_review
from reports.quarterly.packing import finish_signed, pack_of
from tests.factories.incidents import incident
from tests.factories.reports import fact, stored
from tests.factories.whole_quarter import AFTER, QUARTER, reviewed
from tests.reports.elsewhere import PLACES, made_elsewhere
from tests.reports.golden import ANEW, recorded
from tests.shared import shared

pytestmark = pytest.mark.django_db
# What nothing happened for: another failing delivery, a review before this one, a time before its incident's.
EMPTY = {"delivery_by_channel", "negative_durations", "review_last_time"}


@shared
def review() -> QuarterlyReview:
    made = reviewed()
    finish_signed(now=AFTER)
    return made


@pytest.fixture
def finished(review: QuarterlyReview) -> FinishedPack:
    kept = pack_of(review)
    assert kept is not None
    return kept


def digests(finished: FinishedPack) -> dict[str, str]:
    return {file.name: sha256(content_of(file)).hexdigest() for file in finished.files.order_by("pk")}


def test_every_chapter_has_something_to_say(finished: FinishedPack) -> None:
    """So that what another database says otherwise anywhere is seen; a chapter that is added gets its rows in `tests.factories.whole_quarter`."""
    document = document_of(finished)
    chapters = {"accountability", "conformance", "feedback", "learning", "operations", "patterns"}
    assert len(chapters) == len(ANALYSES)
    assert chapters | {"escalations", "review"} <= {*document.content}
    said = {table.key for section in document.sections for table in section.tables if list(table.rows)}
    assert {table.key for section in document.sections for table in section.tables} - said <= EMPTY


def test_both_databases_give_the_recorded_digests(review: QuarterlyReview, finished: FinishedPack) -> None:
    found = {"manifest": review.sha256, "figures": review.figures_sha256, "report": finished.sha256, **digests(finished)}
    assert found == recorded("digests-of-a-review", found), ANEW


@pytest.mark.parametrize("there", PLACES)
def test_elsewhere_the_same_report_gives_the_same_files(finished: FinishedPack, there: dict[str, str], tmp_path: Path) -> None:
    assert made_elsewhere(b"".join(lines_of(document_of(finished))), there, tmp_path) == digests(finished)


def test_after_much_has_happened_its_files_are_made_again_to_the_byte(
    review: QuarterlyReview, finished: FinishedPack, tmp_path: Path
) -> None:
    later = AFTER + timedelta(days=400)
    for _ in range(20):
        with act("thing.done", actor=None, now=later):
            record([Act("thing.done", None, None, later) for _ in range(500)], now=later)
    stored(fact(number="LATER", opened_at=AFTER))
    incident(later, service=Service.objects.get(key="cards"))
    for model in (BusinessUnit, Service, Team, EscalationPolicy):
        model.objects.update(name=Concat(Value("Renamed "), F("name")))
    # A person's new name is told from then on, and a name may be erased; what was signed keeps its files.
    User.objects.update(is_active=False)
    Incident.objects.filter(number="Mai-0001").update(resolved_at=None, state="in_progress")
    mona = User.objects.get(username="mona")
    mona.is_active = True
    finish_action(review.actions.get(), actor=mona, now=later, reason="Raised.")
    again = QuarterlyReview.objects.select_related("restates", "frozen").get(pk=review.pk)
    assert again.frozen is not None
    with timezone.override("Asia/Kathmandu"), translation.override("de"):
        document = report_of(again.frozen, (chapter_of_review(again),))
        assert pack(document).sha256 == finished.sha256
        made = services.written(tuple(FORMATS), document, tmp_path, lambda step: None)
    assert {path.name: sha256(path.read_bytes()).hexdigest() for path in made} == digests(finished)


def test_the_quarter_read_again_by_another_clock_gives_the_same_figures(review: QuarterlyReview) -> None:
    with timezone.override("Asia/Kathmandu"), translation.override("de"):
        read = services.read_document(QUARTER, None, AFTER + timedelta(days=900))
    assert pack(read).sha256 == review.figures_sha256
