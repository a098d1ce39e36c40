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
    LayerMember,
    LayerWindow,
    Level,
    OnCallOverride,
    OnCallSchedule,
    PolicyVersion,
    Role,
    RotaLayer,
    SchedulePlan,
    Service,
    Target,
    Team,
    Threshold,
)
from policies.oncall.contents import content_of
from portal.models import User

from .portal import person

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# When the schedules of tests are published: before anything that happens in them.
PLANNED = datetime(2020, 1, 1, tzinfo=UTC)
ACCEPTED = "Known, and good enough for now"
# All of one length, so that names keep their order however many were made in this process before.
_numbers = count(10_001)


def service(name: str = "", **fields: Any) -> Service:
    number = next(_numbers)
    return Service.objects.create(name=name or f"Service {number}", key=fields.pop("key", f"service-{number}"), **fields)


def schedule(
    *people: User, name: str = "", since: datetime = PLANNED, zone: str = "UTC", layers: Sequence[dict[str, Any]] = (), **fields: Any
) -> OnCallSchedule:
    """A published plan from `since`; without `layers` given, a weekly rotation of `people` from Monday 5 January 2026 at 09:00."""
    made = OnCallSchedule.objects.create(name=name or f"Schedule {next(_numbers)}", **fields)
    if people or layers:
        draft = SchedulePlan.objects.create(schedule=made, number=1, time_zone=zone)
        for number, values in enumerate(layers or ({},), start=1):
            rota_layer(draft, number, *(values.get("people") or people), **{k: v for k, v in values.items() if k != "people"})
        draft.state, draft.published_at, draft.effective_from, draft.reason = "published", since, since, "The first plan"
        draft.content = content_of(draft)
        draft.save()
    return made


def rota_layer(plan: SchedulePlan, number: int, *people: User, windows: Sequence[dict[str, Any]] = (), **fields: Any) -> RotaLayer:
    """A layer of a draft plan; without more said, weekly from Monday 5 January 2026 at 09:00."""
    fields.setdefault("starts_on", date(2026, 1, 5))
    made = RotaLayer.objects.create(plan=plan, position=number, **{"name": "First line", **fields})
    for position, member in enumerate(people, start=1):
        LayerMember.objects.create(layer=made, position=position, person=member)
    for window in windows:
        LayerWindow.objects.create(layer=made, **window)
    return made


def override(of: OnCallSchedule, who: User, starts_at: datetime, ends_at: datetime, **fields: Any) -> OnCallOverride:
    """Made at its start, unless `made_at` says otherwise."""
    values = {"made_at": starts_at, "reason": "Takes over", **fields}
    return OnCallOverride.objects.create(schedule=of, person=who, starts_at=starts_at, ends_at=ends_at, **values)


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
