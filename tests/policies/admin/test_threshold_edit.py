"""The page 'Change this threshold', the form of a draft, and that neither loses what was typed."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import LedgerEvent
from policies.governance import services
from policies.governance.locks import take_lock
from policies.models import EditLock, PolicyVersion
from portal.foundation import clock
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

from .test_versions import form_of

pytestmark = pytest.mark.django_db


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@shared
def manager() -> Any:
    return person("Mia Manager", roles=("manager",))


@shared
def version() -> PolicyVersion:
    return make.in_force()


def page(version: PolicyVersion) -> str:
    return reverse("admin:policies_threshold_edit", args=[version.thresholds.get().pk])


def draft_page(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_change", args=[version.pk])


def typed(client: Client, address: str, **changed: Any) -> dict[str, Any]:
    form = client.get(address).context["form"]
    return {field.html_name: field.value() for field in form} | {"reason": "Too many alerts"} | changed


def open_draft(version: PolicyVersion) -> PolicyVersion:
    return version.policy.versions.get(state="draft")


def test_a_change_opens_the_draft_and_shows_difference_checks_and_the_way_on(version: PolicyVersion, manager: Any) -> None:
    client = as_(manager)
    assert "Start a draft with this change" in client.get(page(version)).content.decode()
    answer = client.post(page(version), typed(client, page(version), value_1="7"))
    assert answer.status_code == 302
    draft = open_draft(version)
    shown = client.get(page(version)).content.decode()
    assert "raised from 5 % to 7 %" in shown
    assert "Checks" in shown
    assert f"{draft_page(draft)}#replay" in shown
    assert reverse("admin:policies_policyversion_do", args=[draft.pk, "submit"]) in shown
    assert "Add to the draft" in shown
    assert "It says already" in shown


def test_a_value_far_from_its_history_is_asked_about_and_nothing_typed_is_lost(version: PolicyVersion, manager: Any) -> None:
    client = as_(manager)
    data = typed(client, page(version), value_1="0.05", window_1="11 min")
    assert "sure" not in data
    asked = client.post(page(version), data)
    shown = asked.content.decode()
    assert asked.status_code == 400
    assert "It looks like a share of one instead of per cent." in shown
    assert 'value="0.05"' in shown
    assert 'value="11 min"' in shown
    assert "Too many alerts</textarea>" in shown
    assert not version.policy.versions.filter(state="draft").exists()
    assert client.post(page(version), data | {"sure": "on"}).status_code == 302
    assert open_draft(version).thresholds.get().criteria.get().window == timedelta(minutes=11)


UNREADABLE = ({"value_1": "five"}, {"value_1": ""}, {"window_1": "soon"}, {"comparison_1": "!="}, {"reason": " "},
              {"severity": "SEV9"}, {"start_level": "99"}, {"value_1": "9" * 40}, {"value_1": "NaN"})  # fmt: skip


def test_what_cannot_be_read_is_shown_again(version: PolicyVersion, manager: Any) -> None:
    client = as_(manager)
    data = typed(client, page(version))
    for wrong in UNREADABLE:
        answer = client.post(page(version), data | wrong)
        assert answer.status_code == 400, wrong
        assert "Nothing was saved." in answer.content.decode(), wrong
    assert version.policy.versions.count() == 1


def test_what_was_submitted_meanwhile_is_refused_with_what_was_typed(version: PolicyVersion, manager: Any) -> None:
    client = as_(manager)
    draft = make.draft(version.policy)
    data = typed(client, page(version), value_1="7.25")
    services.submit_version(draft, actor=draft.author, now=clock.now(), accepted=make.ACCEPTED)
    answer = client.post(page(version), data)
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "is waiting for approval" in shown
    assert 'value="7.25"' in shown
    assert "submitted by Author" in client.get(page(version)).content.decode()


def test_what_somebody_else_changed_meanwhile_shows_both(version: PolicyVersion, manager: Any) -> None:
    client = as_(manager)
    data = typed(client, page(version), value_1="7.25")
    other = as_(person("Ana Ruiz", roles=("manager",)))
    other.post(page(version), typed(other, page(version), value_1="6"))
    EditLock.objects.all().delete()
    answer = client.post(page(version), data)
    assert answer.status_code == 409
    assert "It says already: SEV2 major from level 1 when Failed transactions is at least 6 %" in answer.content.decode()
    again = typed(client, page(version)) | {"value_1": "7.25"}
    assert client.post(page(version), again).status_code == 302


def test_the_lock_is_shown_keeps_others_out_and_is_taken_over_with_words(version: PolicyVersion, manager: Any) -> None:
    ana = person("Ana Ruiz", roles=("manager",))
    draft = make.draft(version.policy)
    take_lock(draft, actor=ana, now=clock.now())
    client = as_(manager)
    take_over = reverse("admin:policies_policyversion_do", args=[draft.pk, "take-over"])
    for address in (page(version), draft_page(draft)):
        shown = client.get(address).content.decode()
        assert "Ana Ruiz is editing this draft" in shown
        assert take_over in shown
    assert "adminform" in client.get(draft_page(draft)).context
    read = client.get(draft_page(draft)).content.decode()
    assert 'name="change_reason"' not in read
    assert "Thresholds that declare an incident" in read
    assert client.post(page(version), typed(client, page(version), value_1="7")).status_code == 409
    assert client.post(take_over, {"reason": ""}).status_code == 400
    assert client.post(take_over, {"reason": "Ana is on leave"}).status_code == 302
    assert EditLock.objects.get(version=draft).person == manager
    assert LedgerEvent.objects.filter(type="policy_version.lock_taken_over").count() == 1
    edited = client.get(draft_page(draft)).content.decode()
    assert 'name="change_reason"' in edited
    assert "Thresholds that declare an incident" not in edited


def test_typing_takes_the_lock_and_the_second_one_is_told(version: PolicyVersion, manager: Any) -> None:
    draft = make.draft(version.policy)
    address = reverse("admin:policies_policyversion_lock", args=[draft.pk])
    first = as_(manager).post(address)
    assert (first.status_code, EditLock.objects.get().person) == (200, manager)
    second = as_(person("Ana", roles=("manager",))).post(address)
    assert second.status_code == 409
    assert "Mia Manager is editing" in second.json()["words"]
    assert as_(person("Rita", roles=("responder",))).post(address).status_code == 403
    assert as_(manager).get(address).status_code == 405


@pytest.mark.parametrize("gone", ["submitted", "locked", "discarded"])
def test_a_draft_s_form_that_cannot_be_saved_comes_back_as_it_was_typed(version: PolicyVersion, manager: Any, gone: str) -> None:
    client = as_(manager)
    draft = make.draft(version.policy, author=manager)
    data = form_of(client, draft_page(draft)) | {"change_reason": "Words that took me an hour", "thresholds-0-criteria-0-value": "6.5"}
    if gone == "submitted":
        services.submit_version(draft, actor=manager, now=clock.now(), accepted=make.ACCEPTED)
    elif gone == "discarded":
        services.discard_version(draft, actor=manager, now=clock.now(), reason="Not needed")
    else:
        take_lock(draft, actor=person("Ana Ruiz", roles=("manager",)), now=clock.now())
    answer = client.post(draft_page(draft), data)
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "Words that took me an hour</textarea>" in shown
    assert 'value="6.5"' in shown
    assert "Nothing was saved. What you typed stands below" in shown
    assert draft.thresholds.get().criteria.get().value == 5


def test_the_form_of_a_draft_asks_about_a_slip_too(version: PolicyVersion, manager: Any) -> None:
    client = as_(manager)
    draft = make.draft(version.policy, author=manager)
    data = form_of(client, draft_page(draft)) | {"thresholds-0-criteria-0-value": "500"}
    shown = client.post(draft_page(draft), data).content.decode()
    assert "more than 3 times every value it had" in shown
    assert 'name="sure"' in shown
    assert draft.thresholds.get().criteria.get().value == 5
    data["thresholds-0-criteria-0-value"] = "50"
    assert client.post(draft_page(draft), data | {"sure": "on"}).status_code == 302
    assert draft.thresholds.get().criteria.get().value == 50
    assert client.post(draft_page(draft), form_of(client, draft_page(draft)) | {"change_reason": "Other words"}).status_code == 302


def test_a_saved_form_s_mark_comes_back_and_a_refused_one_s_does_not(version: PolicyVersion, manager: Any) -> None:
    client = as_(manager)
    mark = "0123456789abcdef" * 2
    refused = client.post(page(version), typed(client, page(version), value_1="", _keep=mark))
    assert "saved_form" not in refused.cookies
    saved = client.post(page(version), typed(client, page(version), value_1="7", _keep=mark))
    assert saved.cookies["saved_form"].value == mark
    for wrong in ("", "x" * 32, mark + "0", "<script>"):
        again = as_(manager)
        answer = again.post(page(version), typed(again, page(version), value_1="7.5", _keep=wrong))
        assert "saved_form" not in answer.cookies
    data = typed(client, page(version), value_1="8", _keep=mark)
    client.session.flush()
    assert "saved_form" not in Client().post(page(version), data).cookies


@pytest.mark.parametrize(("role", "answer"), [("responder", 403), ("approver", 403), ("auditor", 403), ("stakeholder", 404)])
def test_other_roles_have_no_such_page(version: PolicyVersion, role: str, answer: int) -> None:
    """For whoever may not see the threshold either, it does not exist."""
    client = as_(person("Other", roles=(role,)))
    assert client.get(page(version)).status_code == answer
    assert client.post(page(version), {"value_1": "7"}).status_code == answer


def test_a_threshold_that_is_not_there_is_not_found(manager: Any) -> None:
    assert as_(manager).get(reverse("admin:policies_threshold_edit", args=[999_999])).status_code == 404
