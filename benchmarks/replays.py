"""A policy in force and a draft with shorter windows and an earlier milestone, ready to be replayed over the first half of 2016."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.contrib.auth.models import Group

from policies.governance.services import approve_version, create_draft, submit_version
from policies.models import Criterion, EscalationPolicy, Level, PolicyVersion, ReplayRun, Service, Target, Threshold
from policies.simulation.services import request_replay
from portal.foundation.access.roles import ROLES
from portal.models import User

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PERIOD = (datetime(2016, 1, 1, tzinfo=UTC), datetime(2016, 7, 1, tzinfo=UTC))


def a_draft_to_replay() -> ReplayRun:
    """Asks for the replay of all services; `carry_out` then runs it."""
    manager, approver = (_holder(key) for key in ("manager", "approver"))
    service = Service.objects.create(name="Bench", key="bench")
    policy = EscalationPolicy.objects.create(name="Bench", service=service, owner=manager)
    first = create_draft(policy, actor=manager, now=NOW, reason="First")
    _fill(first, manager, approver)
    _set(first, minutes=30, milestone=8)
    submit_version(first, actor=manager, now=NOW, accepted="Known")
    approve_version(first, actor=approver, now=NOW, reason="Agreed")
    draft = create_draft(policy, actor=manager, now=NOW + timedelta(days=1), reason="Shorter")
    _set(draft, minutes=15, milestone=4)
    return request_replay(draft, actor=manager, now=NOW + timedelta(days=1), period=PERIOD, population=ReplayRun.Population.ALL)


def _fill(version: PolicyVersion, *people: User) -> None:
    for number in (1, 2, 3):
        level = Level.objects.create(version=version, number=number, name=f"Line {number}", backup_after=timedelta(minutes=5))
        for position, user in enumerate(people, start=1):
            Target.objects.create(level=level, position=position, person=user)
    threshold = Threshold.objects.create(version=version, name="Failing", severity="SEV2", start_level=2)
    Criterion.objects.create(threshold=threshold, measure="transaction_failure_percent", value=Decimal(5))


def _set(version: PolicyVersion, *, minutes: int, milestone: int) -> None:
    Level.objects.filter(version=version).update(window=timedelta(minutes=minutes))
    version.resolve_within = timedelta(hours=milestone)
    version.save()


def _holder(key: str) -> User:
    # An account that is younger than a change may not decide on it.
    user = User.objects.create_user(f"bench-{key}", date_joined=NOW)
    user.groups.set(Group.objects.filter(name={role.key: role.title for role in ROLES}[key]))
    return user
