"""A change of a policy through the admin, as its people do it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from audit.models import LedgerEvent
from policies.governance import services
from policies.models import Approval, Level, PolicyVersion, Target
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared
from tests.trail import who

from .forms import as_, form_of, undrawn

pytestmark = pytest.mark.django_db


def page(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_change", args=[version.pk])


def do(version: PolicyVersion, verb: str) -> str:
    return reverse("admin:policies_policyversion_do", args=[version.pk, verb])


def decide(version: PolicyVersion) -> str:
    return reverse("admin:policies_policyversion_approve", args=[version.pk])


@shared
def manager() -> Any:
    return person("Mia Manager", roles=("manager",))


@shared
def approver() -> Any:
    return person("Abe Approver", roles=("approver",))


@shared
def draft(manager: Any) -> Any:
    version = make.draft(author=manager)
    make.level(version, 1, person("Ana Ruiz"), person("Tom Berg"))
    make.threshold(version)
    return version


def test_a_draft_is_edited_with_durations_as_people_write_them(draft: Any, manager: Any) -> None:
    client = as_(manager)
    data = form_of(client, page(draft))
    assert data["levels-0-window"] == "15 min"
    assert data["thresholds-0-criteria-0-value"] == "5"
    data |= {"levels-0-window": "1 h 30 min", "thresholds-0-criteria-0-value": "7.5", "resolve_within": "0:45:00"}
    assert client.post(page(draft), data).status_code == 302
    draft.refresh_from_db()
    level = draft.levels.get()
    assert (level.window, draft.resolve_within) == (timedelta(minutes=90), timedelta(minutes=45))
    past = level.history.latest()
    assert (past.history_user, past.history_change_reason) == (manager, draft.change_reason)
    event = LedgerEvent.objects.latest("id")
    assert (event.type, who(event)) == ("policyversion.changed", "Mia Manager")
    assert f'"why":"{draft.change_reason}"' in event.payload
    assert "Level 1 window" not in client.get(page(draft)).content.decode()
    assert "7.5 %" in client.get(page(draft)).content.decode()


def test_saving_without_a_change_is_no_event(draft: Any, manager: Any) -> None:
    client = as_(manager)
    before = LedgerEvent.objects.count()
    assert client.post(page(draft), form_of(client, page(draft))).status_code == 302
    assert LedgerEvent.objects.count() == before


def test_a_duration_that_is_none_is_refused_and_kept_in_the_form(draft: Any, manager: Any) -> None:
    client = as_(manager)
    data = form_of(client, page(draft))
    for typed in ("15 parsecs", "-5 min", "", "1.5 min", "0:75:00", "9" * 40 + " h"):
        with undrawn():
            answer = client.post(page(draft), data | {"levels-0-window": typed})
        assert answer.status_code == 200, typed
        levels = next(part.formset for part in answer.context_data["inline_admin_formsets"] if part.formset.prefix == "levels")
        assert f'value="{typed}"' in str(levels.forms[0]["window"]) or not typed
        assert levels.forms[0].errors["window"], typed
    assert 'value="soon"' in client.post(page(draft), data | {"levels-0-window": "soon"}).content.decode()
    assert draft.levels.get().window == timedelta(minutes=15)


def test_primary_and_backup_swap_in_one_save(draft: Any, manager: Any) -> None:
    client = as_(manager)
    data = form_of(client, page(draft)) | {"levels-0-targets-0-position": 2, "levels-0-targets-1-position": 1}
    assert client.post(page(draft), data).status_code == 302
    assert [str(target.person) for target in Target.objects.filter(level__version=draft).order_by("position")] == ["Tom Berg", "Ana Ruiz"]


def test_the_same_position_twice_is_refused_in_words(draft: Any, manager: Any) -> None:
    client = as_(manager)
    answer = client.post(page(draft), form_of(client, page(draft)) | {"levels-0-targets-0-position": 2})
    assert "Position 2 is given more than once" in answer.content.decode()


def test_a_target_is_a_person_or_a_schedule_not_both(draft: Any, manager: Any) -> None:
    client = as_(manager)
    rota = make.schedule(person("Sofia"))
    answer = client.post(page(draft), form_of(client, page(draft)) | {"levels-0-targets-0-schedule": rota.pk})
    assert "Choose one of: a person, a schedule" in answer.content.decode()


def test_what_was_submitted_meanwhile_is_not_changed_and_says_so(draft: Any, manager: Any, now: Any) -> None:
    client = as_(manager)
    data = form_of(client, page(draft)) | {"levels-0-window": "5 h"}
    services.submit_version(draft, actor=manager, now=now, accepted="Known")
    answer = client.post(page(draft), data)
    assert answer.status_code == 409
    assert "waits for approval" in answer.content.decode()
    assert Level.objects.get(version=draft).window == timedelta(minutes=15)


def test_submit_decide_and_see_it_in_force(draft: Any, manager: Any, approver: Any) -> None:
    client = as_(manager)
    assert "Submit for approval" in client.get(page(draft)).content.decode()
    asked = client.get(do(draft, "submit")).content.decode()
    assert re.search(r"Why the \d+ warnings can be accepted", asked)
    assert "there is no active contact point behind Ana Ruiz and Tom Berg" in asked
    refused = client.post(do(draft, "submit"), {"reason": "", "accepted": " "})
    assert (refused.status_code, PolicyVersion.objects.get().state) == (400, "draft")
    assert "Say in a sentence why the warnings are accepted" in refused.content.decode()
    assert client.post(do(draft, "submit"), {"reason": "", "accepted": "Phones come on Friday"}).status_code == 302
    waiting = as_(approver)
    shown = waiting.get(decide(draft)).content.decode()
    assert "Level 1 added: Line 1, Ana Ruiz and Tom Berg, window 15 min." in shown
    assert "Warnings accepted by Mia Manager:</strong> Phones come on Friday" in shown
    assert shown.index("What this first version brings") < shown.index("Checks") < shown.index("Effect") < shown.index("Decision")
    assert "Review and decide" in waiting.get(page(draft)).content.decode()
    assert waiting.post(decide(draft), {"decision": "approve", "reason": "Agreed in the risk committee"}).status_code == 302
    draft.refresh_from_db()
    assert draft.state == "approved"
    policy = reverse("admin:policies_escalationpolicy_change", args=[draft.policy_id])
    assert "Version 1 is in force since" in client.get(policy).content.decode()
    assert "Agreed in the risk committee" in client.get(page(draft)).content.decode()


def test_a_decision_without_words_decides_nothing(draft: Any, manager: Any, approver: Any, now: Any) -> None:
    services.submit_version(draft, actor=manager, now=now, accepted="Known")
    client = as_(approver)
    for data in ({"decision": "approve", "reason": " "}, {"decision": "send_back"}, {"decision": "explode", "reason": "x"}, {}):
        answer = client.post(decide(draft), data)
        assert answer.status_code == 400
    assert "Choose &#x27;Approve&#x27; or &#x27;Send back&#x27;" in answer.content.decode()
    assert not Approval.objects.exists()


def test_ones_own_change_cannot_be_decided_and_the_page_says_why(now: Any) -> None:
    both = person("Both", roles=("manager", "approver"))
    version = make.draft(author=both)
    make.level(version, 1, person("Ana"))
    services.submit_version(version, actor=both, now=now, accepted="Known")
    client = as_(both)
    shown = client.get(decide(version)).content.decode()
    assert "nobody approves their own change" in shown
    assert 'value="approve"' not in shown
    assert client.post(decide(version), {"decision": "approve", "reason": "Me"}).status_code == 403
    version.refresh_from_db()
    assert version.state == "submitted"


def test_sent_back_words_reach_the_author(draft: Any, manager: Any, approver: Any, now: Any) -> None:
    services.submit_version(draft, actor=manager, now=now, accepted="Known")
    assert as_(approver).post(decide(draft), {"decision": "send_back", "reason": "Level 2 is missing"}).status_code == 302
    assert "Level 2 is missing" in as_(manager).get(page(draft)).content.decode()


def test_an_incomplete_draft_cannot_be_submitted_and_says_every_reason(manager: Any) -> None:
    version = make.draft(author=manager)
    make.level(version, 2)
    answer = as_(manager).post(do(version, "submit"), {"reason": "Please"})
    shown = answer.content.decode()
    assert answer.status_code == 400
    assert "Level 2 (Line 2) alerts nobody" in shown
    assert "1 is missing" in shown
    assert ">Please</textarea>" in shown


@pytest.mark.parametrize("role", ["responder", "auditor", "approver", "compliance"])
def test_other_roles_read_versions_and_change_nothing(draft: Any, role: str) -> None:
    client = as_(person("Reader", roles=(role,)))
    assert client.post(page(draft), {"change_reason": "x"}).status_code == 403
    assert client.post(do(draft, "submit")).status_code == 403
    assert client.post(do(draft, "discard"), {"reason": "x"}).status_code == 403
    assert "Submit for approval" not in client.get(page(draft)).content.decode()


def test_a_stakeholder_sees_no_version(draft: Any) -> None:
    client = as_(person("Grace", roles=("stakeholder",)))
    assert client.get(page(draft)).status_code == 403
    assert client.get(decide(draft)).status_code == 404


def test_a_version_that_is_not_there_is_not_found(draft: Any, manager: Any) -> None:
    client = as_(manager)
    assert client.get("/admin/policies/policyversion/999999/approve/").status_code == 404
    assert client.get(do(draft, "explode")).status_code == 404
    assert client.get(f"/admin/policies/policyversion/{'9' * 30}/do/submit/").status_code == 404


def test_what_people_type_is_shown_as_text(manager: Any, approver: Any, now: Any) -> None:
    version = make.draft(author=manager)
    make.level(version, 1, person("<script>alert(1)</script>"), name="<b>Line</b>")
    services.submit_version(version, actor=manager, now=now, accepted="Known")
    for address in (decide(version), page(version)):
        shown = as_(approver).get(address).content.decode()
        assert "<script>alert(1)" not in shown
        assert "<b>Line</b>" not in shown


def test_versions_have_no_delete_and_history_cannot_be_written(draft: Any, manager: Any) -> None:
    client = as_(manager)
    assert client.post(reverse("admin:policies_policyversion_delete", args=[draft.pk]), {"post": "yes"}).status_code == 403
    past = draft.history.first()
    address = reverse("admin:policies_policyversion_simple_history", args=[draft.pk, past.pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"change_reason": "rewritten"}).status_code == 403


def test_every_past_state_of_a_version_can_be_read(draft: Any, manager: Any, approver: Any, now: Any) -> None:
    services.submit_version(draft, actor=manager, now=now, accepted="Known")
    services.approve_version(draft, actor=approver, now=now, reason="Checked")
    for past in draft.history.all():
        address = reverse("admin:policies_policyversion_simple_history", args=[draft.pk, past.pk])
        for reader in (manager, approver):
            assert as_(reader).get(address).status_code == 200


def test_a_change_of_rows_alone_adds_no_empty_line_to_the_version_s_history(draft: Any, manager: Any) -> None:
    client = as_(manager)
    before = draft.history.count()
    assert client.post(page(draft), form_of(client, page(draft)) | {"levels-0-window": "20 min"}).status_code == 302
    assert draft.levels.get().window == timedelta(minutes=20)
    assert draft.history.count() == before
