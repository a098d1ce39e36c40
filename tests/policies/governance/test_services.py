"""The life of a version: drafted, submitted, decided by somebody else."""

from datetime import timedelta
from typing import Any

import pytest

from audit.models import LedgerEvent
from policies.governance import queries, services
from policies.governance.snapshots import content_of, rows_still_say
from policies.governance.states import Phase
from policies.models import Approval, Target
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared
from tests.trail import who

pytestmark = pytest.mark.django_db


@shared
def manager() -> Any:
    return person("Mia Manager", roles=("manager",))


@shared
def approver() -> Any:
    return person("Abe Approver", roles=("approver",))


@shared
def version(manager: Any) -> Any:
    version = make.draft(author=manager)
    make.level(version, 1, person("Ana Ruiz"), person("Tom Berg"))
    make.threshold(version)
    return version


def test_a_version_in_force_needs_two_people(version: Any, manager: Any, approver: Any, now: Any) -> None:
    services.submit_version(version, actor=manager, now=now, accepted="Known")
    assert queries.phase_of(version, now) == Phase.SUBMITTED
    services.approve_version(version, actor=approver, now=now, reason="Fits the new contract")
    version.refresh_from_db()
    assert queries.phase_of(version, now) == Phase.IN_FORCE
    assert queries.version_in_force(version.policy, now) == version
    assert version.effective_from == now
    approval = Approval.objects.get()
    assert (approval.requested_by, approval.decided_by, approval.content_sha256) == (manager, approver, version.content_sha256)
    assert queries.snapshot_of(version).levels[0].targets[1].name == "Tom Berg"


def test_each_step_is_one_event_with_its_actor_and_words(version: Any, manager: Any, approver: Any, now: Any) -> None:
    services.submit_version(version, actor=manager, now=now, accepted="Known")
    services.approve_version(version, actor=approver, now=now, reason="Fits the new contract")
    events = LedgerEvent.objects.filter(type__startswith="policy_version").order_by("id")
    assert [event.type for event in events] == ["policy_version.drafted", "policy_version.submitted", "policy_version.approved"]
    assert who(events[2]) == "Abe Approver"
    assert "Fits the new contract" in events[2].payload


def test_nobody_approves_or_sends_back_their_own_change(now: Any) -> None:
    both = person("Both", roles=("manager", "approver"))
    version = make.draft(author=both)
    make.level(version, 1, person("Ana"))
    services.submit_version(version, actor=both, now=now, accepted="Known")
    with pytest.raises(NotAllowed, match="nobody approves their own change"):
        services.approve_version(version, actor=both, now=now, reason="Trust me")
    with pytest.raises(NotAllowed):
        services.send_back_version(version, actor=both, now=now, reason="Hm")
    version.refresh_from_db()
    assert version.state == "submitted"
    assert not Approval.objects.exists()


def test_the_author_may_not_approve_what_a_colleague_submitted(version: Any, now: Any) -> None:
    version.author.groups.add(*person("x", roles=("approver",)).groups.all())
    services.submit_version(version, actor=person("Colleague", roles=("manager",)), now=now, accepted="Known")
    with pytest.raises(NotAllowed, match="hand in"):
        services.approve_version(version, actor=version.author, now=now, reason="Mine")


def test_whoever_edited_the_content_may_not_approve_it_either(version: Any, manager: Any, now: Any) -> None:
    editor = person("Editor", roles=("manager", "approver"))
    level = version.levels.get()
    level.window = timedelta(minutes=30)
    level._history_user = editor
    level.save()
    services.submit_version(version, actor=manager, now=now, accepted="Known")
    with pytest.raises(NotAllowed, match="hand in"):
        services.approve_version(version, actor=editor, now=now, reason="Looks good")


def test_sending_back_does_not_make_the_approver_a_contributor(version: Any, manager: Any, approver: Any, now: Any) -> None:
    services.submit_version(version, actor=manager, now=now, accepted="Known")
    services.send_back_version(version, actor=approver, now=now, reason="Add a backup")
    assert version.state == "draft"
    services.submit_version(version, actor=manager, now=now, accepted="Known")
    services.approve_version(version, actor=approver, now=now, reason="Now it is good")
    assert version.state == "approved"


def test_whoever_submitted_it_before_it_was_sent_back_does_not_approve_it_later(
    version: Any, manager: Any, approver: Any, now: Any
) -> None:
    both = person("Both", roles=("manager", "approver"))
    services.submit_version(version, actor=both, now=now, accepted="Known")
    services.send_back_version(version, actor=approver, now=now, reason="Add a backup")
    services.submit_version(version, actor=manager, now=now, accepted="Known")
    with pytest.raises(NotAllowed):
        services.approve_version(version, actor=both, now=now, reason="Now it is good")


def test_a_superuser_does_not_approve_by_being_one(version: Any, manager: Any, now: Any) -> None:
    services.submit_version(version, actor=manager, now=now, accepted="Known")
    with pytest.raises(NotAllowed, match="It needs the right to approve or send back a version"):
        services.approve_version(version, actor=person("Root", is_superuser=True), now=now, reason="I can")


def test_a_role_without_the_right_changes_nothing(version: Any, manager: Any, now: Any) -> None:
    responder = person("Rita", roles=("responder",))
    services.submit_version(version, actor=manager, now=now, accepted="Known")
    for verb, words in ((services.approve_version, "yes"), (services.withdraw_version, "no"), (services.discard_version, "no")):
        with pytest.raises(NotAllowed):
            verb(version, actor=responder, now=now, reason=words)
    with pytest.raises(NotAllowed):
        services.create_draft(make.policy(), actor=responder, now=now, reason="Let me")


def test_blocking_findings_keep_a_version_a_draft(manager: Any, now: Any) -> None:
    version = make.draft(author=manager)
    with pytest.raises(InvalidInput, match="no level"):
        services.submit_version(version, actor=manager, now=now, accepted="Known")
    make.level(version, 1)
    with pytest.raises(InvalidInput, match="alerts nobody"):
        services.submit_version(version, actor=manager, now=now, accepted="Known")
    assert version.state == "draft"
    version.refresh_from_db()
    assert (version.state, version.content) == ("draft", None)


@pytest.mark.parametrize("words", ["", "   ", "\n\t"])
def test_a_decision_needs_words(version: Any, manager: Any, approver: Any, now: Any, words: str) -> None:
    services.submit_version(version, actor=manager, now=now, accepted="Known")
    for verb in (services.approve_version, services.send_back_version):
        with pytest.raises(InvalidInput, match="Say in a sentence"):
            verb(version, actor=approver, now=now, reason=words)
    with pytest.raises(InvalidInput):
        services.withdraw_version(version, actor=manager, now=now, reason=words)
    assert not Approval.objects.exists()


def test_a_version_cannot_be_decided_twice(version: Any, manager: Any, approver: Any, now: Any) -> None:
    services.submit_version(version, actor=manager, now=now, accepted="Known")
    services.approve_version(version, actor=approver, now=now, reason="Yes")
    with pytest.raises(WrongState, match="is approved, so it cannot be approved"):
        services.approve_version(version, actor=approver, now=now, reason="Yes, again")
    with pytest.raises(WrongState, match="cannot be discarded"):
        services.discard_version(version, actor=manager, now=now, reason="Oh no")


def test_a_future_start_is_kept_and_a_past_one_is_the_approval(version: Any, manager: Any, approver: Any, now: Any) -> None:
    version.effective_from = now + timedelta(days=7)
    version.save()
    services.submit_version(version, actor=manager, now=now, accepted="Known")
    services.approve_version(version, actor=approver, now=now, reason="Yes")
    assert version.effective_from == now + timedelta(days=7)
    assert queries.phase_of(version, now) == Phase.SCHEDULED
    assert queries.version_in_force(version.policy, now) is None

    later = now + timedelta(days=10)
    second = make.draft(version.policy, author=manager, now=later)
    second.effective_from = now
    second.save()
    services.submit_version(second, actor=manager, now=later, accepted="Known")
    services.approve_version(second, actor=approver, now=later, reason="Yes")
    assert second.effective_from == later
    assert queries.version_in_force(version.policy, later - timedelta(seconds=1)) == version
    assert queries.phase_of(version, later) == Phase.SUPERSEDED


def test_a_draft_copies_what_is_approved_and_says_the_same(version: Any, manager: Any, now: Any) -> None:
    make.approve(version)
    copy = make.draft(version.policy, author=manager)
    assert copy.number == 2
    assert content_of(copy) == version.content
    with pytest.raises(WrongState, match="Finish or discard"):
        make.draft(version.policy, author=manager)
    services.discard_version(copy, actor=manager, now=now, reason="Not needed")
    assert make.draft(version.policy, author=manager).number == 3


def test_renaming_a_person_is_no_change_of_the_rules(version: Any, manager: Any, approver: Any, now: Any) -> None:
    services.submit_version(version, actor=manager, now=now, accepted="Known")
    target = Target.objects.filter(level__version=version).select_related("person")[0]
    target.person.display_name = "Ana Ruiz de Berg"
    target.person.save()
    assert rows_still_say(version)
    services.approve_version(version, actor=approver, now=now, reason="Yes")


def test_the_same_content_has_the_same_hash_whatever_the_decimals_look_like(version: Any, now: Any) -> None:
    before = content_of(version)
    criterion = version.thresholds.get().criteria.get()
    criterion.value = criterion.value.quantize(criterion.value.__class__("0.001"))
    criterion.save()
    assert content_of(version) == before
    assert before["thresholds"][0]["criteria"][0]["value"] == "5"


def test_a_duration_finer_than_a_second_is_refused(version: Any, manager: Any, now: Any) -> None:
    version.levels.update(window=timedelta(seconds=1.5))
    with pytest.raises(InvalidInput, match="whole seconds"):
        services.submit_version(version, actor=manager, now=now, accepted="Known")
