"""Services, schedules and governed policies for tests. Versions go through the services, as the database demands."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from policies.governance.approvers import eligible_approvers, holders
from policies.governance.services import approve_version, create_draft, submit_version
from policies.models import (
    Criterion,
    EscalationPolicy,
    Level,
    OnCallSchedule,
    PolicyVersion,
    Role,
    RotationMember,
    Service,
    Target,
    Team,
    Threshold,
)
from portal.models import User

from .portal import person

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ACCEPTED = "Known, and good enough for now"
_numbers = count(1)


def service(name: str = "", **fields: Any) -> Service:
    number = next(_numbers)
    return Service.objects.create(name=name or f"Service {number}", key=fields.pop("key", f"service-{number}"), **fields)


def schedule(*people: User, name: str = "", **fields: Any) -> OnCallSchedule:
    """A weekly rotation of `people` in UTC, from Monday 5 January 2026 at 09:00."""
    fields.setdefault("starts_on", date(2026, 1, 5))
    made = OnCallSchedule.objects.create(name=name or f"Schedule {next(_numbers)}", **fields)
    for position, member in enumerate(people, start=1):
        RotationMember.objects.create(schedule=made, position=position, person=member)
    return made


def policy(of: Service | None = None, **fields: Any) -> EscalationPolicy:
    """A policy of a service; with `scope` given, of a tier, a business unit or everywhere, named in the other fields."""
    if fields.get("scope", "service") == "service":
        fields["service"] = of or service()
    fields.setdefault("name", f"Escalation of {fields.get('service') or fields['scope']}")
    fields.setdefault("owner", person("Owner"))
    return EscalationPolicy.objects.create(**fields)


def level(version: PolicyVersion, number: int, *targets: User | OnCallSchedule | Role | Team, **fields: Any) -> Level:
    """A level of a draft; each target is a person, a schedule, a role or a team, the first is the primary."""
    fields.setdefault("name", f"Line {number}")
    made = Level.objects.create(version=version, number=number, **fields)
    for position, target in enumerate(targets, start=1):
        kind = {User: "person", OnCallSchedule: "schedule", Role: "role_held", Team: "team"}[type(target)]
        Target.objects.create(level=made, position=position, **{kind: target})
    return made


def threshold(
    version: PolicyVersion,
    name: str = "Payments failing",
    *,
    severity: str = "SEV2",
    criteria: Sequence[dict[str, Any]] = (),
    **fields: Any,
) -> Threshold:
    """A threshold of a draft; without criteria given: failed transactions at least 5 % in 10 min."""
    made = Threshold.objects.create(version=version, name=name, severity=severity, **fields)
    for criterion in criteria or ({"measure": "transaction_failure_percent", "value": Decimal(5)},):
        Criterion.objects.create(threshold=made, **criterion)
    return made


def draft(
    of: EscalationPolicy | None = None, *, author: User | None = None, now: datetime = NOW, reason: str = "A first version"
) -> PolicyVersion:
    """An empty draft, or a copy of what is approved. There are people who may approve it."""
    approvers(2)
    return create_draft(of or policy(), actor=author or person("Author", roles=("manager",)), now=now, reason=reason)


def approvers(how_many: int) -> list[User]:
    """People with the right to approve who were there before, or are made."""
    there = list(holders("approve_policyversion")[:how_many])
    names = ("Approver", "Second approver")[len(there) : how_many]
    return there + [person(name, roles=("approver",)) for name in names]


def approve(version: PolicyVersion, *, now: datetime = NOW, approver: User | None = None) -> PolicyVersion:
    """Submits (warnings accepted) a draft and has it approved by as many people as it needs, `approver` the first of them."""
    approvers(2)
    submit_version(version, actor=version.author, now=now, accepted=ACCEPTED)
    eligible = [found for found in eligible_approvers(version) if found != approver]
    for decider in ([approver] if approver else []) + eligible:
        if version.state == "submitted":
            approve_version(version, actor=decider, now=now, reason="Agreed")
    return version


def in_force(of: Service | None = None, *levels: Sequence[User | OnCallSchedule], now: datetime = NOW, **fields: Any) -> PolicyVersion:
    """A policy in force from `now`: one level for each sequence of targets (default: one level with one person), one threshold."""
    version = draft(policy(of), now=now)
    for number, targets in enumerate(levels or [[person("On call")]], start=1):
        level(version, number, *targets, **{"window": timedelta(minutes=15), **fields})
    threshold(version)
    return approve(version, now=now)
