"""Access reviews on pages: a manager answers for people, compliance follows and signs."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import AccessCampaign, AccessItem, AccessRhythm
from audit.recertification.opening import open_due
from portal.foundation import clock
from portal.models import User
from tests.factories.portal import person
from tests.policies.admin.forms import as_, undrawn

pytestmark = pytest.mark.django_db
LIST = "/admin/audit/accesscampaign/"


@pytest.fixture
def mia(db: None) -> User:
    return person("Mia Lind")


@pytest.fixture
def campaign(mia: User) -> AccessCampaign:
    person("Ana Ruiz", roles=("approver", "responder"), manager=mia)
    return next(one for one in open_due(now=clock.now()) if one.kind == "full")


def test_a_manager_answers_from_the_work_list(mia: User, campaign: AccessCampaign) -> None:
    client, page = as_(mia), f"{LIST}{campaign.pk}/answer/"
    assert page in client.get("/admin/").content.decode()
    shown = client.get(page).content.decode()
    assert "Ana Ruiz is one of Approvers" in shown
    first, second = campaign.items.order_by("name")
    sent = {"person": first.person_id, f"answer-{first.pk}": "remove"}
    refused = client.post(page, sent)
    assert refused.status_code == 400
    assert "few words" in refused.content.decode()
    client.post(page, sent | {f"note-{first.pk}": "Changed teams."})
    assert client.post(page, {"person": first.person_id, "keep_all": "1"}).status_code == 400
    client.post(page, {"person": first.person_id, "keep_all": "1", "sure": "on"})
    assert [AccessItem.objects.get(pk=item.pk).answer for item in (first, second)] == ["remove", "keep"]
    assert "Access to confirm" not in client.get("/admin/").content.decode()
    assert client.get(LIST).status_code == 403


def test_compliance_follows_and_signs(campaign: AccessCampaign) -> None:
    com = as_(person("Priya", roles=("compliance",)))
    AccessItem.objects.filter(campaign=campaign).update(answer="keep")
    page = f"{LIST}{campaign.pk}/"
    assert "0 of 2 items left" in com.get(f"{page}change/").content.decode()
    com.post(f"{page}do/sign/", {"reason": "Looked at all."})
    assert "What stands here is what was signed" in com.get(f"{page}change/").content.decode()
    assert "signed" in com.get(LIST).content.decode()


def test_one_is_opened_beside_the_rhythm_which_can_be_changed(campaign: AccessCampaign) -> None:
    com = as_(person("Priya", roles=("compliance",)))
    com.post(f"{LIST}add/", {"kind": "full", "reason": "Asked."})
    assert AccessCampaign.objects.filter(kind="full").count() == 2
    com.post("/admin/audit/accessrhythm/full/do/set/", {"months": "6", "days_to_answer": "20", "revoke_unanswered": "on", "reason": "So."})
    assert AccessRhythm.objects.get(kind="full").revoke_unanswered
    assert "every half-year" in com.get("/admin/audit/accessrhythm/").content.decode()


@pytest.mark.parametrize(("role", "status"), [("compliance", 200), ("auditor", 200), ("manager", 403)])
def test_who_sees_all_of_it(role: str, status: int, campaign: AccessCampaign) -> None:
    client = as_(person("Rae", roles=(role,)))
    with undrawn():
        assert [client.get(f"{LIST}{rest}").status_code for rest in ("", f"{campaign.pk}/change/", f"{campaign.pk}/answer/")] == [
            status
        ] * 3


def test_pages_cost_the_same_however_much_is_asked(mia: User) -> None:
    com = as_(person("Priya", roles=("compliance",)))
    his, few = as_(mia), []
    for more in range(2):
        for number in range(1 + 4 * more):
            person(f"P {more} {number}", roles=("responder",), manager=mia)
        campaign = AccessCampaign.objects.filter(kind="full").first() or next(
            one for one in open_due(now=clock.now()) if one.kind == "full"
        )
        if more:
            com.post(f"{LIST}add/", {"kind": "full", "reason": "Again."})
            campaign = AccessCampaign.objects.first()  # type: ignore[assignment]
        few.append([_queries(com, LIST), _queries(com, f"{LIST}{campaign.pk}/change/"), _queries(his, f"{LIST}{campaign.pk}/answer/")])
    assert few[0] == few[1]


def _queries(client: Client, page: str) -> int:
    client.get(page)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(page).status_code == 200
    return len(counted)
