"""Two people at the same moment: one after the other, whoever is first, and never something in between."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from policies.governance import services
from policies.governance.queries import version_in_force
from policies.governance.urgent import publish_at_once
from policies.models import Approval, PolicyVersion, UrgentPublication
from portal.foundation.errors import PortalError
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import person

# SQLite takes one writer after the other, PostgreSQL locks the row; the outcome must be the same.
pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], Any]) -> list[PortalError | None]:
    """Starts all of `works` at the same moment; for each, the refusal it met."""
    start, met = threading.Barrier(len(works)), [None] * len(works)  # type: ignore[var-annotated]

    def one(number: int, work: Callable[[], Any]) -> None:
        try:
            start.wait()
            work()
        except PortalError as refusal:
            met[number] = refusal
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return met


def fresh(version: PolicyVersion) -> PolicyVersion:
    return PolicyVersion.objects.get(pk=version.pk)


@pytest.fixture
def mia() -> User:
    return person("Mia", roles=("manager",))


@pytest.fixture
def abe() -> User:
    return person("Abe", roles=("approver",))


@pytest.fixture
def bea() -> User:
    return person("Bea", roles=("approver",))


def submitted(mia: User, now: Any, tier: int) -> PolicyVersion:
    version = make.draft(make.policy(make.service(tier=tier)), author=mia)
    make.level(version, 1, person("Ana"))
    return services.submit_version(version, actor=mia, now=now, accepted="Known")


def approves(version: PolicyVersion, by: User, now: Any) -> Callable[[], Any]:
    return lambda: services.approve_version(fresh(version), actor=by, now=now, reason="Yes")


def test_of_two_approvers_of_one_needed_one_is_told_that_it_is_done(mia: User, abe: User, bea: User, now: Any) -> None:
    version = submitted(mia, now, tier=3)
    met = at_once(approves(version, abe, now), approves(version, bea, now))
    assert [refusal is None for refusal in met].count(True) == 1
    assert "is approved, so it cannot be approved" in str(next(refusal for refusal in met if refusal))
    assert Approval.objects.count() == 1
    assert version_in_force(version.policy, now) == version


def test_two_approvers_of_two_needed_put_it_in_force_once(mia: User, abe: User, bea: User, now: Any) -> None:
    version = submitted(mia, now, tier=1)
    assert at_once(approves(version, abe, now), approves(version, bea, now)) == [None, None]
    assert fresh(version).state == "approved"
    assert PolicyVersion.history.filter(id=version.pk, state="approved").count() == 1


def test_one_approver_twice_at_once_is_one_approval(mia: User, abe: User, now: Any) -> None:
    version = submitted(mia, now, tier=1)
    met = at_once(*[approves(version, abe, now)] * 3)
    assert [refusal is None for refusal in met].count(True) == 1
    assert (fresh(version).state, Approval.objects.count()) == ("submitted", 1)


@pytest.mark.parametrize("verb", ["withdraw_version", "send_back_version"])
def test_approving_and_taking_back_at_once_end_in_one_of_the_two(mia: User, abe: User, bea: User, now: Any, verb: str) -> None:
    version, by = submitted(mia, now, tier=3), mia if verb == "withdraw_version" else bea
    takes_back = lambda: getattr(services, verb)(fresh(version), actor=by, now=now, reason="No")  # noqa: E731
    met = at_once(approves(version, abe, now), takes_back)
    assert [refusal is None for refusal in met].count(True) == 1
    state = fresh(version).state
    assert state == ("approved" if met[0] is None else "draft")
    assert (version_in_force(version.policy, now) is not None) == (state == "approved")


def test_an_edit_at_the_moment_of_the_approval_never_gets_into_it(mia: User, abe: User, now: Any) -> None:
    version = submitted(mia, now, tier=3)

    def edits() -> None:
        services.withdraw_version(fresh(version), actor=mia, now=now, reason="One more thing")
        with transaction.atomic():
            services.lock_draft(fresh(version), actor=mia, now=now)
            version.levels.update(window=timedelta(hours=9))

    at_once(approves(version, abe, now), edits)
    after = fresh(version)
    if after.state == "approved":
        assert after.levels.get().window == timedelta(minutes=15)
        assert after.content is not None
        assert after.content["levels"][0]["window_seconds"] == 900
    else:
        assert (after.state, after.content) == ("draft", None)


def test_two_drafts_at_once_are_one(mia: User, now: Any) -> None:
    policy, noor = make.policy(), person("Noor", roles=("manager",))
    met = at_once(*[lambda by=by: services.create_draft(policy, actor=by, now=now, reason="Mine") for by in (mia, noor)])  # type: ignore[misc]
    assert [refusal is None for refusal in met].count(True) == 1
    assert policy.versions.count() == 1


def test_the_glass_is_not_broken_twice_by_one_person_at_once(now: Any) -> None:
    cora = person("Cora", roles=("commander",))
    drafts = [make.draft(make.in_force(now=now).policy, now=now) for _ in range(2)]
    until = now + timedelta(hours=1)
    works = [lambda one=one: publish_at_once(one, actor=cora, now=now, reason="Now", until=until) for one in drafts]  # type: ignore[misc]
    met = at_once(*works)
    assert [refusal is None for refusal in met].count(True) == 1
    assert UrgentPublication.objects.count() == 1
