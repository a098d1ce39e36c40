"""How messages fared stands on the incident's timeline in words, and in the audit trail; many at once cost no more statements."""

from datetime import datetime
from typing import Any

import pytest

from audit.models import LedgerEvent
from incidents.escalation.outcomes import messages_fared
from portal.foundation.outbox.handlers import Fared, News
from portal.models import DeliveryAttempt, OutboxMessage
from tests.factories import incidents as make

pytestmark = pytest.mark.django_db


def fared(incident: Any, news: News, why: str = "", number: int = 1) -> Fared:
    message = OutboxMessage(kind="escalation.page", person_name="Ana Ruiz", subject_ref=f"incidents.incident:{incident.pk}")
    return Fared(message, DeliveryAttempt(message=message, number=number, channel="sms", contact_label="phone"), news, why)


@pytest.mark.parametrize(
    ("news", "why", "text", "said"),
    [
        (News.HANDED, "", "Handed to Ana Ruiz's phone (sms)", ""),
        (News.HANDED, "in one message with others", "Handed to Ana Ruiz's phone (sms), in one message with others", ""),
        (News.ARRIVED, "delivered", "The message arrived on Ana Ruiz's phone (sms)", "delivered"),
        (
            News.REROUTED,
            "nobody picked up",
            "Ana Ruiz's phone (sms) could not be reached; the next contact point is tried",
            "nobody picked up",
        ),
        (News.FAILED, "The number is wrong.", "The message to Ana Ruiz could not be delivered", "The number is wrong."),
    ],
)
def test_what_became_known_is_told_in_words(news: News, why: str, text: str, said: str, now: datetime) -> None:
    incident = make.incident(now)
    messages_fared([fared(incident, news, why)], now)
    told = incident.timeline.get(kind="delivery")
    assert (told.text, told.why) == (text, said)


def test_another_try_is_no_news(now: datetime) -> None:
    incident = make.incident(now)
    messages_fared([fared(incident, News.TRIED, "status 503")], now)
    assert not incident.timeline.filter(kind="delivery").exists()


def test_many_at_once_cost_as_few_statements_as_one(now: datetime, django_assert_num_queries: Any) -> None:
    incident = make.incident(now)
    messages_fared([fared(incident, News.HANDED)], now)
    with django_assert_num_queries(4):
        messages_fared([fared(incident, News.HANDED)], now)
    with django_assert_num_queries(4):
        messages_fared([fared(incident, News.HANDED) for _ in range(20)], now)
    assert LedgerEvent.objects.filter(type="message.delivered").count() == 22
