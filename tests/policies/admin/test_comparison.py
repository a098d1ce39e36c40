"""Two versions beside each other, and the way back to an old one, on the pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from policies.governance.snapshots import content_of
from policies.models import EscalationPolicy, MessageTemplate, PolicyVersion
from portal.foundation import clock
from portal.foundation.canonical import content_hash
from portal.models import User
from tests.factories import policies as make
from tests.factories.full_policies import full_draft
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(name: str, version: PolicyVersion, *more: str) -> str:
    return reverse(f"admin:policies_policyversion_{name}", args=[version.pk, *more])


@shared
def manager() -> User:
    return person("Mia Manager", roles=("manager",))


@shared
def policy(manager: User) -> EscalationPolicy:
    """Three approved versions with windows of 15, 30 and 45 minutes; the third is in force."""
    begun = clock.now() - timedelta(days=9)
    made = make.in_force(now=begun).policy
    for number, minutes in ((2, 30), (3, 45)):
        version = make.draft(made, author=manager, now=begun + timedelta(days=number), reason=f"To <b>{minutes}</b> minutes")
        version.levels.update(window=timedelta(minutes=minutes))
        make.approve(version, now=begun + timedelta(days=number))
    return made


def row(what: str, *sides: tuple[str, str]) -> str:
    return f'<th scope="row">{what}</th>' + "".join(f'<td data-version="{version}">{said}</td>' for version, said in sides)


def version_of(policy: EscalationPolicy, number: int) -> PolicyVersion:
    return policy.versions.get(number=number)


def test_any_two_versions_are_compared_with_the_older_first(policy: EscalationPolicy) -> None:
    client = as_(person("Ada", roles=("auditor",)))
    for one, other in ((3, 1), (1, 3)):
        shown = client.get(page("compare", version_of(policy, one)), {"with": other}).content.decode()
        assert "Version 3 against version 1: 1 difference." in shown
        assert row("Level 1: window", ("Version 1", "15 min"), ("Version 3", "45 min")) in shown
        assert shown.count("Approver approved it") == 2
        assert shown.count("Mia Manager submitted it") == 1
        assert make.ACCEPTED in shown
        assert version_of(policy, 3).content_sha256 in shown
    assert "<b>45</b>" not in shown


def test_without_a_choice_it_is_the_version_before(policy: EscalationPolicy) -> None:
    client = as_(person("Ada", roles=("auditor",)))
    shown = client.get(page("compare", version_of(policy, 3))).content.decode()
    assert row("Level 1: window", ("Version 2", "30 min"), ("Version 3", "45 min")) in shown
    assert "Version 2 against version 1" in client.get(page("compare", version_of(policy, 1))).content.decode()


def test_a_draft_is_compared_as_it_stands(policy: EscalationPolicy, manager: User) -> None:
    draft = make.draft(policy, author=manager)
    client = as_(manager)
    assert "Nothing: both say the same." in client.get(page("compare", draft), {"with": 3}).content.decode()
    draft.levels.update(window=timedelta(minutes=5))
    shown = client.get(page("compare", draft), {"with": 3}).content.decode()
    assert row("Level 1: window", ("Version 3", "45 min"), ("Version 4", "5 min")) in shown
    assert "Version 3, in force</strong>" in shown
    assert "Mia Manager drafted it" in shown


@pytest.mark.parametrize("asked", ["9", "-1", "two", "9" * 40, "²", "\x00", "<script>"])
def test_a_version_that_is_not_there_is_said_so(policy: EscalationPolicy, asked: str) -> None:
    answer = as_(person("Ada", roles=("auditor",))).get(page("compare", version_of(policy, 3)), {"with": asked})
    assert answer.status_code == 404
    assert "There is no version" in answer.content.decode()
    assert "<script>&#x27;" not in answer.content.decode()


def test_the_page_takes_the_same_queries_however_much_changes(policy: EscalationPolicy) -> None:
    client = as_(person("Ada", roles=("auditor",)))
    few, many = make.draft(policy), full_draft()
    counts = []
    for draft, other in ((few, 3), (make.draft(make.approve(many).policy), 1)):
        MessageTemplate.objects.filter(version=draft).update(body="Another\n<b>text</b>")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page("compare", draft), {"with": other}).status_code == 200
        counts.append(len(queries))
    # Each section of a draft is one query or two where it has rows; none of them once a row.
    assert counts[1] - counts[0] <= 10


def test_a_first_version_has_nothing_to_be_compared_with(manager: User) -> None:
    answer = as_(manager).get(page("compare", make.in_force()))
    assert answer.status_code == 200
    assert "There is no other version" in answer.content.decode()


def test_it_is_a_page_for_those_who_may_read_versions(policy: EscalationPolicy) -> None:
    address = page("compare", version_of(policy, 3))
    assert as_(person("Grace", roles=("stakeholder",))).get(address).status_code == 404
    assert Client().get(address).status_code == 302
    assert as_(person("Ada", roles=("auditor",))).get("/admin/policies/policyversion/999999/compare/").status_code == 404


def test_the_version_and_the_policy_lead_there(policy: EscalationPolicy, manager: User) -> None:
    client, version = as_(manager), version_of(policy, 1)
    assert page("compare", version) in client.get(page("change", version)).content.decode()
    listed = client.get(reverse("admin:policies_escalationpolicy_change", args=[policy.pk])).content.decode()
    assert f'{page("compare", version)}?with=3"' in listed


def test_a_manager_rolls_back_by_a_draft_from_an_old_version(policy: EscalationPolicy, manager: User) -> None:
    client, old = as_(manager), version_of(policy, 1)
    assert "Start a draft from this version" in client.get(page("change", old)).content.decode()
    assert client.post(page("do", old, "roll-back"), {"reason": " "}).status_code == 400
    answer = client.post(page("do", old, "roll-back"), {"reason": "The longer windows cost us an hour"})
    draft = policy.versions.get(number=4)
    assert answer.headers["Location"] == page("change", draft)
    assert (draft.state, draft.change_reason) == ("draft", "The longer windows cost us an hour")
    assert content_hash(content_of(draft)) == old.content_sha256
    # There is an open version now, so no second one is offered, nor made.
    assert "Start a draft from this version" not in client.get(page("change", old)).content.decode()
    assert client.post(page("do", old, "roll-back"), {"reason": "Again"}).status_code == 400
    assert policy.versions.count() == 4


@pytest.mark.parametrize("role", ["responder", "approver", "auditor"])
def test_others_are_not_offered_it_and_cannot(policy: EscalationPolicy, role: str) -> None:
    client: Any = as_(person("Reader", roles=(role,)))
    assert "Start a draft from this version" not in client.get(page("change", version_of(policy, 1))).content.decode()
    assert client.post(page("do", version_of(policy, 1), "roll-back"), {"reason": "x"}).status_code == 403
    assert policy.versions.count() == 3
