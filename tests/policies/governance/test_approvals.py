"""How many people approve, who may, and what an approval is worth."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from audit.models import LedgerEvent
from policies.governance import approvers, services
from policies.governance.deciding import still_needed
from policies.governance.states import approvals_needed
from policies.models import Approval, BusinessUnit, EscalationPolicy, PolicyVersion
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia() -> User:
    return person("Mia Manager", roles=("manager",), email="mia@example.org", username="mia")


@pytest.fixture
def abe() -> User:
    return person("Abe Approver", roles=("approver",))


@pytest.fixture
def bea() -> User:
    return person("Bea Approver", roles=("approver",))


def submitted(mia: User, now: Any, tier: int | None = 1) -> PolicyVersion:
    version = make.draft(make.policy(make.service(tier=tier)), author=mia, now=now)
    make.level(version, 1, person("Ana"))
    return services.submit_version(version, actor=mia, now=now, accepted="Known")


@pytest.mark.parametrize(
    ("scope", "tier", "people"),
    [
        ("global", None, 2),
        ("tier", 1, 2),
        ("tier", 2, 1),
        ("service", 1, 2),
        ("service", 3, 1),
        ("service", None, 1),
        ("business_unit", None, 1),
    ],
)
def test_the_number_of_approvers_follows_from_the_published_table(mia: User, now: Any, scope: str, tier: Any, people: int) -> None:
    assert approvals_needed(scope, tier) == people
    fields: dict[str, Any] = {
        "global": {},
        "tier": {"tier": tier},
        "service": {"of": make.service(tier=tier)},
        "business_unit": {"business_unit": BusinessUnit.objects.create(name="Payments")},
    }[scope]
    version = make.draft(make.policy(scope=scope, **fields), author=mia)
    make.level(version, 1, person("Ana"))
    services.submit_version(version, actor=mia, now=now, accepted="Known")
    version.refresh_from_db()
    assert version.approvals_needed == people
    make.approvers(2)
    for decider in approvers.eligible_approvers(version)[:people]:
        assert version.state == "submitted"
        services.approve_version(version, actor=decider, now=now, reason="Agreed")
    version.refresh_from_db()
    assert version.state == "approved"


def test_the_first_of_two_approvals_is_on_record_and_the_version_goes_on_waiting(mia: User, abe: User, bea: User, now: Any) -> None:
    version = submitted(mia, now)
    assert still_needed(version) == "2 approvals are needed, by different people."
    services.approve_version(version, actor=abe, now=now, reason="Fine by me")
    version.refresh_from_db()
    assert (version.state, version.get_state_display()) == ("submitted", "waiting for approval")
    assert still_needed(version) == "One more approval is needed, by somebody else than Abe Approver."
    with pytest.raises(WrongState, match=r"You approved .* already. One more approval is needed"):
        services.approve_version(version, actor=abe, now=now, reason="And again")
    services.approve_version(version, actor=bea, now=now + timedelta(hours=2), reason="By me too")
    version.refresh_from_db()
    assert (version.state, version.effective_from) == ("approved", now + timedelta(hours=2))
    assert still_needed(version) == ""
    kinds = LedgerEvent.objects.filter(type__endswith="approved").order_by("id").values_list("type", flat=True)
    assert list(kinds) == ["policy_version.partly_approved", "policy_version.approved"]


@pytest.mark.parametrize("taken_back", ["sent back", "withdrawn"])
def test_an_approval_of_an_earlier_submission_does_not_count(mia: User, abe: User, bea: User, now: Any, taken_back: str) -> None:
    version = submitted(mia, now)
    services.approve_version(version, actor=abe, now=now, reason="Fine by me")
    if taken_back == "sent back":
        services.send_back_version(version, actor=bea, now=now, reason="Not by me")
    else:
        services.withdraw_version(version, actor=mia, now=now, reason="A slip of the pen")
    # In the same instant and with the same content as before.
    services.submit_version(version, actor=mia, now=now, accepted="Known")
    assert approvers.approvals_missing(version) == 2
    services.approve_version(version, actor=bea, now=now, reason="By me")
    assert version.state == "submitted"
    services.approve_version(version, actor=abe, now=now, reason="By me again")
    assert version.state == "approved"


def test_a_service_made_less_critical_for_a_moment_does_not_save_an_approval(mia: User, abe: User, bea: User, now: Any) -> None:
    version = submitted(mia, now, tier=3)
    service = version.policy.service
    assert service is not None
    service.tier = 1
    service.save()
    services.approve_version(version, actor=abe, now=now, reason="Yes")
    assert version.state == "submitted"
    services.approve_version(version, actor=bea, now=now, reason="Yes")
    assert version.state == "approved"


@pytest.mark.parametrize(("tier", "there", "said"), [(3, 0, "one person .* there is nobody"), (1, 1, "2 people .* there is only one")])
def test_what_nobody_could_approve_is_not_submitted(mia: User, now: Any, tier: int, there: int, said: str) -> None:
    version = make.draft(make.policy(make.service(tier=tier)), author=mia)
    make.level(version, 1, person("Ana"))
    for one in approvers.holders("approve_policyversion")[there:]:
        one.groups.clear()
    person("Root", is_superuser=True)
    person("Gone", roles=("approver",), is_active=False)
    with pytest.raises(InvalidInput, match=f"nobody could put it in force. It needs {said}"):
        services.submit_version(version, actor=mia, now=now, accepted="Known")
    version.refresh_from_db()
    assert (version.state, version.content) == ("draft", None)


def test_an_author_with_the_right_to_approve_is_not_among_those_who_could(now: Any) -> None:
    both = person("Both", roles=("manager", "approver"))
    version = make.draft(author=both)
    assert both in approvers.holders("approve_policyversion")
    assert both not in approvers.eligible_approvers(version)


def test_an_account_made_after_the_draft_was_begun_decides_nothing(mia: User, now: Any) -> None:
    version = submitted(mia, now, tier=3)
    fresh = person("Fresh", roles=("approver",), date_joined=now + timedelta(seconds=1))
    for verb in (services.approve_version, services.send_back_version):
        with pytest.raises(NotAllowed, match="account was made after this change was begun"):
            verb(version, actor=fresh, now=now + timedelta(hours=1), reason="Fine")
    assert not Approval.objects.exists()


@pytest.mark.parametrize(
    "same",
    [
        {"email": "MIA@example.org"},
        {"username": "Mia"},
        {"username": "Mia@Example.org"},
        {"name": "mia  manager"},
        {"first_name": "Mia", "last_name": "Manager"},
    ],
)
def test_a_second_account_of_a_contributor_decides_nothing(mia: User, now: Any, same: dict[str, str]) -> None:
    version = submitted(mia, now, tier=3)
    second = person(same.pop("name", "Somebody else"), roles=("approver",), **same)
    with pytest.raises(NotAllowed, match="under a second account"):
        services.approve_version(version, actor=second, now=now, reason="Fine")


def test_a_contributor_who_was_renamed_meanwhile_is_recognised_by_history(mia: User, now: Any) -> None:
    version = submitted(mia, now, tier=3)
    mia.display_name, mia.username, mia.email = "M. Married", "m.married", "new@example.org"
    mia.save()
    second = person("Mia Manager", roles=("approver",), username="someone")
    with pytest.raises(NotAllowed, match="under a second account"):
        services.approve_version(version, actor=second, now=now, reason="Fine")
    other = person("Once Mia", roles=("approver",), email="mia@example.org")
    other.email = "other@example.org"
    other.save()
    with pytest.raises(NotAllowed, match="under a second account"):
        services.approve_version(version, actor=other, now=now, reason="Fine")


def test_empty_names_are_nobodys_names(now: Any) -> None:
    author = person("Author", roles=("manager",))
    User.objects.filter(pk=author.pk).update(display_name="", email="")
    approver = person("A", roles=("approver",))
    User.objects.filter(pk=approver.pk).update(display_name="", email="")
    version = submitted(author, now, tier=3)
    assert approvers.why_not(version, approver) == ""


def test_whoever_edited_last_is_refused_by_the_database_too(mia: User, now: Any) -> None:
    editor, before = person("Editor", roles=("manager", "approver")), make.draft(author=mia)
    level = make.level(before, 1, person("Ana"))
    level._history_user = editor
    level.window = timedelta(minutes=7)
    level.save()
    planner = person("Planner", roles=("manager", "approver"))
    before._history_user = planner
    before.effective_from = now + timedelta(days=1)
    before.save()
    services.submit_version(before, actor=mia, now=now, accepted="Known")
    facts = {"requested_by": mia, "reason": "r", "decided_at": now, "content_sha256": before.content_sha256}
    for hand in (editor, planner):
        with pytest.raises(DatabaseError, match="wrote, submitted or edited"), transaction.atomic():
            Approval.objects.create(version=before, decision="approved", decided_by=hand, **facts)
    assert approvers.contributors(before) == {mia.pk, editor.pk, planner.pk}


def test_whoever_sent_it_back_may_approve_what_comes_next(mia: User, abe: User, now: Any) -> None:
    version = submitted(mia, now, tier=3)
    services.send_back_version(version, actor=abe, now=now, reason="Say more")
    services.submit_version(version, actor=mia, now=now, accepted="Known")
    services.approve_version(version, actor=abe, now=now, reason="Better")
    assert version.state == "approved"


def test_an_account_that_is_too_new_is_refused_by_the_database_too(mia: User, now: Any) -> None:
    version = submitted(mia, now, tier=3)
    fresh = person("Fresh", roles=("approver",), date_joined=now + timedelta(seconds=1))
    facts = {"requested_by": mia, "reason": "r", "decided_at": now, "content_sha256": version.content_sha256}
    with pytest.raises(DatabaseError, match="account that was made after"), transaction.atomic():
        Approval.objects.create(version=version, decision="approved", decided_by=fresh, **facts)


def test_one_approval_is_not_two_for_the_database_either(mia: User, abe: User, bea: User, now: Any) -> None:
    version = submitted(mia, now)
    services.approve_version(version, actor=abe, now=now, reason="Yes")
    approved = {"state": "approved", "approved_at": now, "effective_from": now}
    with pytest.raises(DatabaseError, match="by as many people as its policy needs"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(**approved)
    facts = {"requested_by": mia, "reason": "r", "decided_at": now, "content_sha256": version.content_sha256, "version": version}
    with pytest.raises(DatabaseError, match="the same submission twice"), transaction.atomic():
        Approval.objects.create(decision="approved", decided_by=abe, **facts)
    Approval.objects.create(decision="approved", decided_by=bea, **facts)
    PolicyVersion.objects.filter(pk=version.pk).update(**approved)


def test_the_database_counts_the_approvers_itself(mia: User, now: Any) -> None:
    version = make.draft(make.policy(make.service(tier=1)), author=mia)
    make.level(version, 1, person("Ana"))
    whole = {"state": "submitted", "content": {"levels": []}, "content_sha256": "x", "submitted_by": mia, "submitted_at": now}
    with pytest.raises(DatabaseError, match="follows from what its policy speaks for"), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(**whole, approvals_needed=1)
    PolicyVersion.objects.filter(pk=version.pk).update(**whole, approvals_needed=2)


def test_a_policy_with_a_decided_version_is_not_moved_to_another_service(mia: User, now: Any) -> None:
    policy = make.in_force().policy
    for values in ({"service": make.service()}, {"scope": "global", "service": None}):
        with pytest.raises(DatabaseError, match="keeps what it speaks for"), transaction.atomic():
            EscalationPolicy.objects.filter(pk=policy.pk).update(**values)
    free = make.policy()
    free.service = make.service()
    free.save()
