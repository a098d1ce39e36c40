"""Break-glass through the admin: a button on a draft for those with the right, and a list with its reviews."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from policies.models import PolicyVersion, UrgentPublication
from portal.foundation import clock
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db
LIST = "admin:policies_urgentpublication_changelist"


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@shared
def draft() -> PolicyVersion:
    now = clock.now()
    return make.draft(make.in_force(now=now - timedelta(days=2)).policy, now=now - timedelta(days=1))


def press(draft: PolicyVersion, by: User, **posted: Any) -> Any:
    address = reverse("admin:policies_policyversion_do", args=[draft.pk, "publish-at-once"])
    return as_(by).post(address, {"hours": "4", "reason": "Pages go astray", **posted}, follow=True)


def test_a_commander_publishes_at_once_and_an_approver_reviews(draft: PolicyVersion) -> None:
    page = press(draft, person("Cora Commander", roles=("commander",)))
    assert "Published at once by Cora Commander, without approval. In force until" in page.content.decode()
    assert "Review due by" in page.content.decode()
    publication = UrgentPublication.objects.get()
    abe = as_(person("Abe Approver", roles=("approver",)))
    review = reverse("admin:policies_urgentpublication_do", args=[publication.pk, "review"])
    assert abe.post(review, {"verdict": "", "reason": "Right"}).status_code == 400
    done = abe.post(review, {"verdict": "not_justified", "reason": "It could have waited"}, follow=True).content.decode()
    assert "Not justified, says Abe Approver." in done
    draft.refresh_from_db()
    assert draft.effective_until is not None
    assert draft.effective_until <= clock.now()


def test_without_the_right_there_is_no_button_and_no_door(draft: PolicyVersion) -> None:
    manager = person("Mia", roles=("manager",))
    page = as_(manager).get(reverse("admin:policies_policyversion_change", args=[draft.pk])).content.decode()
    assert "Publish at once" not in page.partition('id="content-main"')[2]
    for user in (manager, person("Root", is_superuser=True)):
        assert press(draft, user).status_code == 403
    assert not UrgentPublication.objects.exists()


def test_a_refusal_is_told_beside_what_was_typed(draft: PolicyVersion) -> None:
    cora = person("Cora", roles=("commander",))
    assert press(draft, cora, hours="9000").status_code == 400
    assert press(draft, cora, reason=" ").status_code == 400
    first = make.draft()
    make.level(first, 1, person("Ana"))
    answer = press(first, cora)
    assert "The first version of a policy needs the ordinary approval" in answer.content.decode()


def test_a_publisher_cannot_review_their_own_and_is_told_why(draft: PolicyVersion) -> None:
    both = person("Both", roles=("commander", "compliance"))
    press(draft, both)
    review = reverse("admin:policies_urgentpublication_do", args=[UrgentPublication.objects.get().pk, "review"])
    answer = as_(both).post(review, {"verdict": "justified", "reason": "Mine"})
    assert "You had a hand in this version" in answer.content.decode()


def test_the_list_asks_no_more_with_more_rows(draft: PolicyVersion) -> None:
    reader = as_(person("Abe", roles=("approver",)))
    press(draft, person("Cora", roles=("commander",)))

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert reader.get(reverse(LIST)).status_code == 200
        return len(queries)

    asked()
    few = asked()
    for number in range(3):
        now = clock.now()
        more = make.draft(make.in_force(now=now - timedelta(days=2)).policy, now=now - timedelta(days=1))
        press(more, person(f"Commander {number}", roles=("commander",)))
    assert asked() == few
