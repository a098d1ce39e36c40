"""Who hears that a pack is finished: by role and by unit, once, and without a word of what it says."""

from datetime import timedelta
from typing import Any

import pytest

from portal.foundation.access.grants import grant, withdraw
from portal.foundation.access.places import SEE, UNIT
from portal.models import OutboxMessage, User
from reports.models import QuarterlyReview
from reports.packs.finishing import finish
from reports.packs.freezing import freeze
from reports.quarterly.delivering import FINISHED, NEWS_FOR, readers_of, tell_of_packs
from reports.quarterly.judging import add_finding
from reports.quarterly.packing import finish_signed, pack_of
from tests.factories import quarterly as make
from tests.factories.portal import person
from tests.factories.quarterly import AFTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(db: None) -> tuple[Any, ...]:
    return make.compliance(), make.compliance("Olga Other"), make.manager(), make.committee()


@pytest.fixture
def review(people: tuple[Any, ...]) -> QuarterlyReview:
    payments = make.unit("Payments")
    make.incidents(payments, 2)
    made = make.opened(payments, by=people[0])
    add_finding(made, headline="Nobody knew the way", sentence="A secret.", actor=people[0], now=AFTER)
    make.signed(made, *people)
    return made


def told() -> list[str]:
    return sorted(OutboxMessage.objects.filter(kind=FINISHED).values_list("person_name", flat=True))


def test_readers_by_role_hear_once_that_the_pack_is_there(review: QuarterlyReview) -> None:
    person("Rita Responder", roles=("responder",))
    assert finish_signed(now=AFTER) == 1
    assert told() == ["Cora Compliance", "Mona Manager", "Olga Other", "Rolf Risk"]
    assert finish_signed(now=AFTER + timedelta(days=1)) == 0
    assert len(told()) == 4


def test_the_message_leads_to_the_files_and_says_nothing_of_them(review: QuarterlyReview) -> None:
    finish_signed(now=AFTER)
    message = OutboxMessage.objects.filter(kind=FINISHED)[0]
    assert message.link.endswith(f"/admin/reports/frozenfigures/{review.frozen_id}/change/")
    assert message.title == "The pack is there: 2026Q1, Payments"
    assert "Nobody knew" not in message.body
    assert "secret" not in message.body


def test_whoever_was_given_a_right_for_the_unit_or_above_it_hears_and_for_another_one_not(people: tuple[Any, ...]) -> None:
    bank = make.unit("Bank", services=0)
    payments, loans = make.unit("Payments", part_of=bank), make.unit("Loans", part_of=bank)
    make.incidents(payments, 1)
    made = make.opened(payments, by=people[0])
    for name, where in (
        ("Uma Unit", payments),
        ("Abe Above", bank),
        ("Lea Loans", loans),
        ("Gus Gone", payments),
        ("Wim Withdrawn", payments),
    ):
        grant(SEE.rights[UNIT], person(name), where)
    withdraw(SEE.rights[UNIT], _named("Wim Withdrawn"), payments)
    gone = _named("Gus Gone")
    gone.is_active = False
    gone.save()
    make.signed(made, *people)
    assert made.frozen is not None
    assert [str(each) for each in readers_of(made.frozen)][-2:] == ["Uma Unit", "Abe Above"]
    finish_signed(now=AFTER)
    assert {"Uma Unit", "Abe Above"} <= set(told())
    assert not {"Lea Loans", "Gus Gone", "Wim Withdrawn"} & set(told())


def test_a_right_for_a_unit_gives_nothing_of_the_whole_organisation(people: tuple[Any, ...]) -> None:
    payments = make.unit("Payments")
    make.incidents(payments, 1)
    grant(SEE.rights[UNIT], person("Uma Unit"), payments)
    make.signed(make.opened(None, by=people[0]), *people)
    finish_signed(now=AFTER)
    assert told() == ["Cora Compliance", "Mona Manager", "Olga Other", "Rolf Risk"]


def test_what_a_worker_missed_is_told_later_and_what_is_old_is_not(review: QuarterlyReview, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.quarterly.delivering.tell_of_packs", lambda **_: 0)
    finish_signed(now=AFTER)
    assert pack_of(review) is not None
    assert tell_of_packs(now=AFTER + NEWS_FOR) == 0
    assert tell_of_packs(now=AFTER + NEWS_FOR - timedelta(seconds=1)) == 4
    assert tell_of_packs(now=AFTER + NEWS_FOR - timedelta(seconds=1)) == 0


def test_figures_without_a_review_are_nobody_s_news(people: tuple[Any, ...]) -> None:
    finish(freeze(make.QUARTER, None, actor=None, now=AFTER), actor=None, now=AFTER)
    assert tell_of_packs(now=AFTER) == 0


def _named(name: str) -> Any:
    return User.objects.get(display_name=name)
