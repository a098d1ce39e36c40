"""Two people do not write over each other."""

from datetime import timedelta
from typing import Any

import pytest

from audit.events.stories import parsed
from audit.models import LedgerEvent
from policies.governance.locks import HELD_FOR, lock_draft, lock_of, release_lock, take_lock, take_over_lock
from policies.governance.services import discard_version, submit_version
from policies.models import EditLock, PolicyVersion
from portal.foundation.errors import InvalidInput, NotAllowed, WrongState
from tests.factories import policies as make
from tests.factories.portal import person
from tests.trail import who

pytestmark = pytest.mark.django_db


@pytest.fixture
def mia() -> Any:
    return person("Mia Manager", roles=("manager",))


@pytest.fixture
def noor() -> Any:
    return person("Noor Manager", roles=("manager",))


@pytest.fixture
def draft(mia: Any) -> PolicyVersion:
    version = make.draft(author=mia)
    make.level(version, 1, person("Ana"))
    return version


def test_a_lock_is_held_for_half_an_hour_and_then_runs_out(draft: PolicyVersion, mia: Any, now: Any) -> None:
    assert lock_of(draft, now) is None
    take_lock(draft, actor=mia, now=now)
    held = lock_of(draft, now + HELD_FOR - timedelta(seconds=1))
    assert held is not None
    assert (held.person, held.until) == (mia, now + timedelta(minutes=30))
    assert lock_of(draft, now + HELD_FOR) is None


def test_taking_it_again_lasts_longer_and_keeps_since_when(draft: PolicyVersion, mia: Any, now: Any) -> None:
    take_lock(draft, actor=mia, now=now)
    again = take_lock(draft, actor=mia, now=now + timedelta(minutes=20))
    assert (again.since, again.until) == (now, now + timedelta(minutes=50))


def test_nobody_else_takes_or_saves_while_it_is_held_and_is_told_who_holds_it_until_when(
    draft: PolicyVersion, mia: Any, noor: Any, now: Any
) -> None:
    take_lock(draft, actor=mia, now=now)
    words = r"Mia Manager is editing .* v1, at the latest until 02 Mar 2026, 09:30 UTC"
    verbs: list[tuple[Any, dict[str, str]]] = [(take_lock, {}), (lock_draft, {})]
    verbs += [(submit_version, {"accepted": "Known"}), (discard_version, {"reason": "Mine"})]
    for verb, more in verbs:
        with pytest.raises(WrongState, match=words):
            verb(draft, actor=noor, now=now + timedelta(minutes=1), **more)
    release_lock(draft, actor=noor, now=now)
    assert lock_of(draft, now) is not None


def test_saving_renews_the_lock_of_whoever_holds_it_and_takes_none(draft: PolicyVersion, mia: Any, noor: Any, now: Any) -> None:
    lock_draft(draft, actor=noor, now=now)
    assert lock_of(draft, now) is None
    take_lock(draft, actor=mia, now=now)
    lock_draft(draft, actor=mia, now=now + timedelta(minutes=10))
    assert lock_of(draft, now + timedelta(minutes=39)) is not None


def test_a_lock_that_ran_out_or_was_given_free_is_there_for_the_next(draft: PolicyVersion, mia: Any, noor: Any, now: Any) -> None:
    take_lock(draft, actor=mia, now=now)
    release_lock(draft, actor=mia, now=now)
    take_lock(draft, actor=noor, now=now)
    later = now + timedelta(hours=1)
    taken = take_lock(draft, actor=mia, now=later)
    assert (taken.person, taken.since) == (mia, later)


def test_taking_over_needs_a_reason_and_is_on_the_record(draft: PolicyVersion, mia: Any, noor: Any, now: Any) -> None:
    take_lock(draft, actor=mia, now=now)
    with pytest.raises(InvalidInput, match="Say in a sentence"):
        take_over_lock(draft, actor=noor, now=now, reason="  ")
    taken = take_over_lock(draft, actor=noor, now=now + timedelta(minutes=5), reason="Mia is on a plane")
    assert (taken.person, taken.since) == (noor, now + timedelta(minutes=5))
    event = LedgerEvent.objects.get(type="policy_version.lock_taken_over")
    assert who(event) == "Noor Manager"
    told = parsed(event.payload)
    assert (told["details"]["from"], told["why"]) == ("Mia Manager", "Mia is on a plane")
    with pytest.raises(WrongState, match="Noor Manager is editing"):
        lock_draft(draft, actor=mia, now=now + timedelta(minutes=6))


def test_taking_over_what_nobody_holds_is_no_event(draft: PolicyVersion, mia: Any, now: Any) -> None:
    take_over_lock(draft, actor=mia, now=now, reason="To be sure")
    assert not LedgerEvent.objects.filter(type="policy_version.lock_taken_over").exists()
    assert lock_of(draft, now) is not None


def test_only_a_draft_is_locked_and_only_by_who_may_edit(draft: PolicyVersion, mia: Any, now: Any) -> None:
    verbs: list[tuple[Any, dict[str, str]]] = [(take_lock, {}), (take_over_lock, {"reason": "Mine"})]
    for verb, more in verbs:
        with pytest.raises(NotAllowed, match="edit this draft"):
            verb(draft, actor=person("Abe", roles=("approver",)), now=now, **more)
    take_lock(draft, actor=mia, now=now)
    submit_version(draft, actor=mia, now=now, accepted="Known")
    assert not EditLock.objects.exists()
    for verb, _ in [*verbs[:1], (lock_draft, {})]:
        with pytest.raises(WrongState, match="can no longer be changed"):
            verb(draft, actor=mia, now=now)
