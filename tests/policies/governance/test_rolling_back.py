"""Rolling back is a draft from an old version: nothing is undone, and four eyes decide as always."""

from datetime import timedelta
from typing import Any

import pytest

from policies.governance.queries import version_in_force
from policies.governance.services import create_draft, discard_version, draft_from, submit_version
from policies.governance.snapshots import content_of
from policies.models import PolicyVersion
from portal.foundation.canonical import content_hash
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

pytestmark = pytest.mark.django_db


@shared
def superseded(now: Any) -> PolicyVersion:
    """Version 1, with a window of 15 min and a milestone, replaced by version 2 with 30 min and none."""
    first = make.draft(make.policy())
    first.resolve_within = timedelta(hours=4)
    first.save()
    make.level(first, 1, person("Ana"))
    make.approve(first)
    second = make.draft(first.policy, now=now + timedelta(hours=1))
    second.levels.update(window=timedelta(minutes=30))
    second.resolve_within = None
    second.save()
    make.approve(second, now=now + timedelta(hours=1))
    return first


def test_the_draft_says_what_the_old_version_said_and_changes_nothing_in_force(superseded: PolicyVersion, now: Any) -> None:
    manager, later = person("Mia", roles=("manager",)), now + timedelta(hours=2)
    draft = draft_from(superseded, actor=manager, now=later, reason="Thirty minutes were too long")
    assert (draft.number, draft.state, draft.resolve_within) == (3, "draft", timedelta(hours=4))
    assert content_hash(content_of(draft)) == superseded.content_sha256
    current = version_in_force(superseded.policy, later)
    assert current is not None
    assert current.number == 2
    submit_version(draft, actor=manager, now=later, accepted="Known")
    with pytest.raises(NotAllowed):
        make.approve_version(draft, actor=manager, now=later, reason="Mine")


def test_without_a_base_a_draft_begins_with_the_latest_approved(superseded: PolicyVersion) -> None:
    assert make.draft(superseded.policy).levels.get().window == timedelta(minutes=30)


@pytest.mark.parametrize("reason", ["", "  "])
def test_it_needs_a_reason(superseded: PolicyVersion, reason: str, now: Any) -> None:
    with pytest.raises(InvalidInput):
        draft_from(superseded, actor=person("Mia", roles=("manager",)), now=now, reason=reason)
    assert superseded.policy.versions.count() == 2


def test_it_needs_the_right_and_no_open_version(superseded: PolicyVersion, now: Any) -> None:
    with pytest.raises(NotAllowed):
        draft_from(superseded, actor=person("Abe", roles=("approver",)), now=now, reason="Back")
    make.draft(superseded.policy)
    with pytest.raises(WrongState):
        draft_from(superseded, actor=person("Mia", roles=("manager",)), now=now, reason="Back")


def test_only_an_approved_version_of_the_same_policy_is_a_base(superseded: PolicyVersion, now: Any) -> None:
    manager, other = person("Mia", roles=("manager",)), make.draft()
    for base in (other, make.in_force()):
        with pytest.raises(InvalidInput, match="one of its approved versions"):
            create_draft(superseded.policy, actor=manager, now=now, reason="Back", base=base)
    discard_version(other, actor=manager, now=now, reason="Not needed")
    with pytest.raises(InvalidInput, match="is discarded"):
        create_draft(other.policy, actor=manager, now=now, reason="Back", base=other)
