"""Whatever people do to a policy, in whatever order and at whatever time: one version is in force, others decided on it, and it stays as it was."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from policies.governance import services
from policies.governance.approvers import contributors
from policies.governance.queries import phase_of, version_in_force
from policies.governance.snapshots import content_of
from policies.governance.states import Phase
from policies.governance.urgent import publish_at_once, review_urgent
from policies.models import Approval, Level, PolicyVersion, Target, UrgentPublication
from portal.foundation.errors import PortalError
from tests.factories import policies as make
from tests.factories.portal import person

INSTANT = timedelta(microseconds=1)
# Everybody may write and approve, so that only having a hand in it keeps them apart; two may break the glass, one is brand new.
ROLES = ("manager", "approver", "compliance")
who = st.integers(0, 4)


class Life(RuleBasedStateMachine):
    """One policy, five people, a clock. What the rules promise is kept here beside it, independently of the code."""

    @initialize(tier=st.sampled_from([1, 3]))
    def begin(self, tier: int) -> None:
        self.now = make.NOW
        self.people = [person(f"P{number}", roles=(*ROLES, *(("commander",) if number < 2 else ()))) for number in range(5)]
        self.policy = make.policy(make.service(tier=tier))
        self.needed = 2 if tier == 1 else 1
        self.hands: dict[int, set[int]] = {}
        self.frozen: dict[int, str] = {}
        self.remembered: dict[datetime, int | None] = {}

    # What people do. A refusal in words is as good an answer as any; what must never happen stands below.

    def attempt(self, verb: Any, thing: Any, by: int, **more: Any) -> Any:
        try:
            with transaction.atomic():
                return verb(thing, actor=self.people[by], now=self.now, reason="Because", **more)
        except PortalError:
            return None

    @property
    def newest(self) -> PolicyVersion | None:
        return self.policy.versions.order_by("-number").first()

    @rule(minutes=st.sampled_from([0, 1, 60, 60 * 24, 60 * 24 * 4]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(by=who, back=st.booleans())
    def somebody_drafts(self, by: int, back: bool) -> None:
        base = self.policy.versions.filter(state="approved").first() if back else None
        made = self.attempt(services.create_draft, self.policy, by, base=base)
        if made is not None:
            self.hands[made.pk] = {self.people[by].pk}
            if not made.levels.exists():
                make.level(made, 1, self.people[0])

    @rule(by=who, minutes=st.integers(1, 600), starts=st.none() | st.integers(-48, 96))
    def somebody_edits(self, by: int, minutes: int, starts: int | None) -> None:
        version = self.newest
        if version is None or version.state != "draft":
            return
        level = version.levels.get()
        for row in (level, version):
            row._history_user = self.people[by]  # type: ignore[union-attr]
        level.window = timedelta(minutes=minutes)
        level.save()
        version.effective_from = None if starts is None else self.now + timedelta(hours=starts)
        version.save()
        self.hands[version.pk].add(self.people[by].pk)

    @rule(by=who)
    def somebody_submits(self, by: int) -> None:
        version = self.newest
        if version is not None and self.attempt(services.submit_version, version, by, accepted="Known"):
            self.hands[version.pk].add(self.people[by].pk)
            self.frozen[version.pk] = said_by(version)

    @rule(by=who)
    def somebody_approves(self, by: int) -> None:
        if self.newest is not None:
            self.attempt(services.approve_version, self.newest, by)

    @rule(by=who, verb=st.sampled_from([services.send_back_version, services.withdraw_version]))
    def somebody_takes_it_back(self, by: int, verb: Any) -> None:
        version = self.newest
        if version is not None and self.attempt(verb, version, by):
            del self.frozen[version.pk]

    @rule(by=who)
    def somebody_gives_it_up(self, by: int) -> None:
        if self.newest is not None:
            self.attempt(services.discard_version, self.newest, by)

    @rule(by=st.integers(0, 1), hours=st.integers(1, 72))
    def somebody_breaks_the_glass(self, by: int, hours: int) -> None:
        version = self.newest
        if version is not None and self.attempt(publish_at_once, version, by, until=self.now + timedelta(hours=hours)):
            self.hands[version.pk].add(self.people[by].pk)
            self.frozen[version.pk] = said_by(version)

    @rule(by=who, verdict=st.sampled_from(["justified", "not_justified"]))
    def somebody_reviews(self, by: int, verdict: str) -> None:
        waiting = UrgentPublication.objects.filter(version__policy=self.policy, reviewed_at=None).first()
        if waiting is not None:
            self.attempt(review_urgent, waiting, by, verdict=verdict)

    @precondition(lambda self: self.frozen)
    @rule(road=st.integers(0, 9))
    def somebody_goes_round_the_services(self, road: int) -> None:
        version = PolicyVersion.objects.get(pk=max(self.frozen))
        with pytest.raises(DatabaseError), transaction.atomic():
            roads_round(version, self.now)[road]()

    # What must be true at every moment.

    @invariant()
    def one_version_is_in_force_from_the_first_start_on(self) -> None:
        approved = list(self.policy.versions.filter(state="approved"))
        edges = {edge for one in approved for edge in (one.effective_from, one.effective_until) if edge is not None}
        first = min((one.effective_from for one in approved if one.effective_from), default=None)
        for at in sorted({*(edge + step for edge in edges for step in (-INSTANT, INSTANT * 0)), self.now}):
            found = version_in_force(self.policy, at)
            assert (found is None) == (first is None or at < first), f"hole at {at}"
            now_in_force = [one for one in approved if phase_of(one, at) is Phase.IN_FORCE]
            assert now_in_force == ([] if found is None else [found])
        for instant, known in self.remembered.items():
            found = version_in_force(self.policy, instant)
            assert (found.pk if found else None) == known, f"the past changed at {instant}"
        before = self.now - INSTANT
        found = version_in_force(self.policy, before)
        self.remembered[before] = found.pk if found else None

    @invariant()
    def nobody_with_a_hand_in_it_decided(self) -> None:
        for version in self.policy.versions.filter(state="approved"):
            agreed = Approval.objects.filter(version=version, decision="approved", decided_at__gte=version.submitted_at)
            deciders = {approval.decided_by_id for approval in agreed}
            assert not deciders & self.hands[version.pk]
            assert contributors(version) >= self.hands[version.pk]
            if version.effective_until is None:
                assert len(deciders) >= self.needed
                assert {approval.content_sha256 for approval in agreed} == {version.content_sha256}
            else:
                assert not deciders
                assert UrgentPublication.objects.get(version=version).published_by_id == version.submitted_by_id

    @invariant()
    def what_was_frozen_says_the_same(self) -> None:
        for version in PolicyVersion.objects.filter(pk__in=self.frozen):
            assert said_by(version) == self.frozen[version.pk]

    @invariant()
    def nobody_breaks_the_glass_again_before_the_review(self) -> None:
        rows = UrgentPublication.objects.filter(version__policy=self.policy).order_by("published_at", "pk")
        for one in self.people[:2]:
            for earlier, later in pairwise(rows.filter(published_by=one)):
                assert earlier.reviewed_at is not None
                assert earlier.reviewed_at <= later.published_at
                assert earlier.reviewed_by_id not in self.hands[earlier.version_id]


def said_by(version: PolicyVersion) -> str:
    """The version's rows and its document, as text."""
    version = PolicyVersion.objects.get(pk=version.pk)
    return json.dumps([content_of(version), version.content, version.content_sha256, version.change_reason], sort_keys=True, default=str)


def roads_round(version: PolicyVersion, now: datetime) -> list[Any]:
    """Ways to change a version that was submitted or approved without asking a service."""
    rows, level = PolicyVersion.objects.filter(pk=version.pk), Level.objects.get(version=version)
    level.window += timedelta(minutes=1)
    version.content_sha256 = "0" * 64

    def sql(statement: str) -> Any:
        return lambda: connection.cursor().execute(statement, [version.pk])

    return [
        lambda: rows.update(content={"levels": []}),
        lambda: rows.update(change_reason="Something else"),
        lambda: PolicyVersion.objects.bulk_update([version], ["content_sha256"]),
        lambda: rows.update(effective_until=now + timedelta(days=9)),
        lambda: rows.update(state="discarded"),
        level.save,
        lambda: Level.objects.bulk_update([level], ["window"]),
        lambda: Target.objects.bulk_create([Target(level=level, position=7, person_id=version.author_id)]),
        sql("UPDATE policies_level SET version_id = version_id, number = 9 WHERE version_id = %s"),
        sql("DELETE FROM policies_policyversion WHERE id = %s"),
    ]


@pytest.mark.django_db
def test_no_history_of_a_policy_breaks_its_promises() -> None:
    run_state_machine_as_test(Life, settings=settings(max_examples=10, stateful_step_count=20, deadline=None))
