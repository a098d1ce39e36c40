"""The list of channels: what is set up, what is cleared, which limits hold; decided by right, with a reason, and kept."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from audit.models import LedgerEvent
from portal.foundation.channel_rules import channels_now, decide_channel
from portal.foundation.errors import InvalidInput, NotAllowed
from portal.models import ChannelRule
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
LIST = "/admin/portal/channelrule/"
DECIDE = f"{LIST}sms/do/decide/"


def signed_in(*roles: str) -> Client:
    client = Client()
    client.force_login(person("Ida", roles=roles))
    return client


def test_the_list_shows_every_channel_with_few_queries(django_assert_max_num_queries: Any) -> None:
    client = signed_in("administrator")
    client.get(LIST)
    with django_assert_max_num_queries(12):
        page = client.get(LIST).content.decode()
    assert "5 messages in 2 min" in page
    assert "No channel carries confidential details." in page
    assert "as many as there are" in page
    assert page.count("Number and link only") == 7


def test_a_decision_is_kept_with_its_reason_and_shown() -> None:
    client = signed_in("administrator")
    sent = {"cleared": "on", "receipt_within": "45 s", "most": "3", "within": "5 min", "reason": "Contract signed"}
    page = client.post(DECIDE, sent, follow=True).content.decode()
    rule = ChannelRule.objects.get(channel="sms")
    assert (rule.cleared, rule.receipt_within, rule.most, rule.within) == (True, timedelta(seconds=45), 3, timedelta(minutes=5))
    assert "Confidential details go over Text message (SMS) only." in page
    assert LedgerEvent.objects.filter(type="channelrule.decided", payload__contains="Contract signed").count() == 1
    assert rule.history.count() == 1
    assert client.get(f"{LIST}{rule.pk}/history/").status_code == 200


def test_half_a_limit_is_refused_in_words_and_nothing_is_kept() -> None:
    page = signed_in("administrator").post(DECIDE, {"most": "3", "reason": "Fewer"})
    assert page.status_code == 400
    assert "Give the number of messages with the time, or neither." in page.content.decode()
    assert not ChannelRule.objects.exists()


@pytest.mark.parametrize(("roles", "status"), [(("responder",), 403), (("auditor",), 403)])
def test_others_do_not_see_it(roles: tuple[str, ...], status: int) -> None:
    assert signed_in(*roles).get(LIST).status_code == status


@pytest.mark.parametrize("address", ["pigeon/do/decide/", "sms/do/fly/", "pigeon/change/", "999999999999999999999/change/"])
def test_what_there_is_not_is_not_found(address: str) -> None:
    assert signed_in("administrator").get(LIST + address).status_code in {302, 404}


def test_the_service_asks_for_the_right_and_for_sense(now: datetime) -> None:
    rule = channels_now()[0].rule
    with pytest.raises(NotAllowed):
        decide_channel(rule, actor=person("Tom", roles=("manager",)), now=now, reason="r", cleared=True)
    ida = person("Ida", roles=("administrator",))
    for wrong in (
        {"receipt_within": timedelta(seconds=1)},
        {"most": 0, "within": timedelta(minutes=1)},
        {"most": 5, "within": timedelta(days=3)},
        {"within": timedelta(minutes=1)},
        {},
    ):
        with pytest.raises(InvalidInput):
            decide_channel(rule, actor=ida, now=now, reason="r", cleared=False, **wrong)


def test_the_api_tells_the_same() -> None:
    client = APIClient()
    client.force_login(person("Ida", roles=("administrator",)))
    told = {one["channel"]: one for one in client.get("/api/v1/channels/").json()}
    assert (told["sms"]["most"], told["sms"]["within"], told["webhook"]["most"], told["sms"]["cleared"]) == (5, 120, None, False)
    client.force_login(person("Tom", roles=("responder",)))
    assert client.get("/api/v1/channels/").status_code == 403
