"""The demo's telephones show an alert as a telephone would, with a button that leads to the answer."""

from datetime import UTC, datetime

from portal.demo.phone import Arrived, Phones

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ALERT = {"title": "P1", "body": "<b>x</b>", "link": "http://portal/1", "answer_link": "http://portal/answer/TOKEN/", "answer_code": "12"}


def test_an_alert_has_a_button_that_opens_the_page_to_answer() -> None:
    phones = Phones()
    assert phones.ring(Arrived(AT, "ana", "key", ALERT))
    page = phones.as_page()
    assert '<a class="button" href="http://portal/answer/TOKEN/">Acknowledge</a>' in page
    assert "<b>x</b>" not in page


def test_what_cannot_be_answered_has_none() -> None:
    phones = Phones()
    phones.ring(Arrived(AT, "ana", "", {"title": "P1", "answer_link": "javascript:alert(1)"}))
    assert "Acknowledge" not in phones.as_page()


def test_a_repeat_does_not_ring_twice() -> None:
    phones = Phones()
    assert [phones.ring(Arrived(AT, "ana", "key", ALERT)) for _ in range(2)] == [True, False]
