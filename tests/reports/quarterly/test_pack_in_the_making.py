"""The pack of a signed review while it is made: its steps on its page and the review's, one worker at a time, failures said and tried again."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portal.foundation import clock
from portal.foundation.each_alone import Unfinished
from portal.foundation.errors import InvalidInput
from reports.models import FinishedPack, PackRun, QuarterlyReview
from reports.packs import finishing, making
from reports.quarterly.packing import finish_signed
from tests.factories import quarterly as make
from tests.factories.quarterly import AFTER
from tests.untold import untold

pytestmark = pytest.mark.django_db
SOON = AFTER + timedelta(seconds=30)


@pytest.fixture
def people(db: None) -> tuple[Any, ...]:
    return make.compliance(), make.compliance("Olga"), make.manager(), make.committee()


@pytest.fixture
def review(people: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch) -> QuarterlyReview:
    monkeypatch.setattr(clock, "now", lambda: SOON)
    payments = make.unit("Payments")
    make.incidents(payments, 2)
    return make.signed(make.opened(payments, by=people[0]), *people)


def pages(review: QuarterlyReview, reader: Any) -> tuple[str, str]:
    """Of the pack, and of the review."""
    client = Client()
    client.force_login(reader)
    found = (
        reverse("admin:reports_frozenfigures_change", args=[review.frozen_id]),
        reverse("admin:reports_quarterlyreview_change", args=[review.pk]),
    )
    return tuple(client.get(where).content.decode() for where in found)  # type: ignore[return-value]


def test_both_pages_tell_each_step_while_it_is_made_and_where_it_is_afterwards(
    review: QuarterlyReview, people: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for page in pages(review, people[2]):
        assert "it begins as soon as one is free" in page
        assert "data-progress-live" in page
    seen = []
    steps: Any = making.telling

    def looked(run: PackRun, tick: Any) -> Any:
        tell = steps(run, tick)

        def told(step: str) -> None:
            tell(step)
            for page in pages(review, people[2]):
                assert f"a worker makes the pack: {step.lower()} …" in page
                assert "data-progress-live" in page
            seen.append(step)

        return told

    monkeypatch.setattr(making, "telling", looked)
    assert finish_signed(now=SOON) == 1
    assert seen == ["Reading the frozen figures", "Writing json, csv, xlsx, pdf", "Keeping the files"]
    of_the_pack, of_the_review = pages(review, people[2])
    assert "The pack was finished" in of_the_pack
    assert "The pack was finished" in of_the_review
    assert "See the pack</a>" in of_the_review
    assert "data-progress-live" not in of_the_pack + of_the_review
    assert untold() == []


def test_a_failure_is_told_in_words_stops_no_other_review_and_is_tried_again(
    review: QuarterlyReview, people: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    loans = make.unit("Loans")
    other = make.signed(make.opened(loans, by=people[0]), *people)
    whole: Any = finishing.finish

    def full(frozen: Any, **said: Any) -> Any:
        if frozen == review.frozen:
            raise InvalidInput("The disk is full.")
        return whole(frozen, **said)

    monkeypatch.setattr(finishing, "finish", full)
    with pytest.raises(Unfinished, match="The disk is full"):
        finish_signed(now=SOON)
    assert FinishedPack.objects.get().frozen == other.frozen
    for page in pages(review, people[2]):
        assert "The pack was not made: The disk is full. It is tried again every few minutes." in page
    monkeypatch.setattr(finishing, "finish", whole)
    assert finish_signed(now=SOON + timedelta(minutes=5)) == 1
    assert PackRun.objects.filter(kind="finished").count() == 2
    assert set(PackRun.objects.values_list("state", "failure")) == {("done", "")}


def test_one_worker_makes_it_and_another_goes_on_when_that_one_is_gone(review: QuarterlyReview) -> None:
    assert review.frozen is not None
    assert making.claimed(review.frozen, SOON) is not None
    assert finish_signed(now=SOON + timedelta(minutes=3)) == 0
    assert finish_signed(now=SOON + timedelta(minutes=5)) == 1


def test_it_is_no_pack_that_somebody_asked_for(review: QuarterlyReview, people: tuple[Any, ...]) -> None:
    finish_signed(now=SOON)
    client = Client()
    client.force_login(people[0])
    run = PackRun.objects.get(kind="finished")
    assert client.get(reverse("admin:reports_quarterlypack_run", args=[run.pk])).status_code == 404
    assert client.post(reverse("admin:reports_quarterlypack_download", args=[run.pk])).status_code == 404


def test_whoever_reads_the_review_but_no_packs_is_told_of_none(review: QuarterlyReview, people: tuple[Any, ...]) -> None:
    page = pages(review, people[2])[1]
    assert 'aria-label="The pack"' in page
    reader = make.manager("Nora No Packs")
    reader.groups.get().permissions.filter(codename="view_frozenfigures").delete()
    reader = type(reader).objects.get(pk=reader.pk)
    assert 'aria-label="The pack"' not in pages(review, reader)[1]
