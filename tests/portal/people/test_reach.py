"""Whom an alert reaches: e-mail is no way, nor is a channel that nobody set up."""

from datetime import datetime
from typing import Any

import pytest

from portal.foundation.people.reach import reach_of
from tests.factories.portal import contact, person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("channel", "address", "found"),
    [
        ("webhook", "http://127.0.0.1:9/", set()),
        ("email", "ana@example.com", {"unreachable", "only_email"}),
        ("apprise", "mailto://ana:pw@example.com", {"unreachable", "only_email"}),
        ("sms", "+34600123456", {"unreachable"}),
        ("slack", "U012AB3CD", {"unreachable"}),
        ("teams", "https://prod.example.com/workflows/1", set()),
    ],
)
def test_a_verified_way_counts_only_when_it_can_interrupt(channel: str, address: str, found: set[str], now: datetime) -> None:
    ana = person("Ana")
    contact(ana, address, channel=channel)
    reach = reach_of([ana.pk], now)
    assert {name for name in reach._fields if ana.pk in getattr(reach, name)} == found


def test_a_text_counts_once_the_installation_can_send_it(now: datetime, settings: Any) -> None:
    settings.TELEPHONE_ACCOUNT_SID = settings.TELEPHONE_AUTH_TOKEN = settings.TELEPHONE_SMS_FROM = "x"
    ana = person("Ana")
    contact(ana, "+34600123456", channel="sms")
    assert not any(reach_of([ana.pk], now))


def test_a_verified_mail_address_does_not_make_up_for_an_unverified_telephone(now: datetime) -> None:
    ana = person("Ana")
    contact(ana, "ana@example.com", channel="email")
    contact(ana, verified=False)
    assert reach_of([ana.pk], now).unverified == {ana.pk}
