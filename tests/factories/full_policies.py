"""A draft that says everything a policy version can say, with a row in every table of its content."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from policies.models import (
    AnnouncementProtocol,
    BusinessThreshold,
    EscalationPolicy,
    ExceptionRule,
    Level,
    MessageTemplate,
    OwnMeasure,
    PolicyVersion,
    PriorityCell,
    Region,
    Role,
    Runbook,
    SeverityOverride,
    Target,
    Team,
)
from portal.models import User

from . import policies as make
from .portal import person

BODY = "We are on it.\n\n  - next word at noon: #hope\n"


def full_draft(of: EscalationPolicy | None = None, *, author: User | None = None) -> PolicyVersion:
    """The draft. Its policy is that of the service 'card-payments' unless given."""
    policy = of or make.policy(make.service("Card payments", key="card-payments"), name="Card payments: 'night' & day #1")
    version = make.draft(policy, author=author)
    version.resolve_within, version.repeats, version.stakeholder_from = timedelta(hours=4), 2, "SEV1"
    version.silent_after = timedelta(minutes=45)
    version.save()
    head = person("Ana Ruiz", username="ana")
    _levels(version, head)
    _criteria(version)
    _impact(version, head)
    _words(version, head)
    return version


def _levels(version: PolicyVersion, head: User) -> None:
    tom = person("Tom Berg", username="tom")
    role = Role.objects.create(name="Head of payments", holder=head, deputy=tom)
    team = Team.objects.create(name="Ledger: nights")
    runbook = Runbook.objects.create(title="Restart payments", steps="1. Stop\n2. Start")
    make.schedule(head, tom, name="Ledger nights", team=team)
    fields: dict[str, Any] = {
        "backup_after": timedelta(minutes=3),
        "reminders": "2 min, 5 min",
        "owner": head,
        "mandates": "suspend_processes, mobilise_resources",
        "mandate_limits": "Up to 20,000 EUR;\nnot the ledger",
        "mandate_until": date(2099, 1, 31),
        "region": Region.objects.create(name="Iberia"),
        "skills": "databases, card schemes",
        "languages": "es, en",
        "runbook": runbook,
        "needs_rca": True,
    }
    make.level(version, 1, make.schedule(tom, name="Payments: on call"), tom, role, team, **fields)
    make.level(
        version, 2, person("Zoé", username="zoé@example.org"), tom, name="yes", kind="hierarchical", window=timedelta(hours=1, seconds=5)
    )
    Target.objects.filter(level__version=version, level__number=2, person=tom).update(position=4)
    make.level(version, 1, role, team, track="stakeholder", name="Management")
    make.level(version, 1, person("Dora", username="123"), head, track="compliance", name="Legal")
    make.level(version, 2, head, tom, track="compliance", name="Board")
    SeverityOverride.objects.create(version=version, severity="SEV1", start_level=2, pace_percent=50)
    SeverityOverride.objects.create(version=version, severity="SEV2", pace_percent=80)
    assert Level.objects.filter(version=version).count() == 5


def _criteria(version: PolicyVersion) -> None:
    OwnMeasure.objects.create(key="orders_waiting", name="Orders waiting", unit="orders", highest=Decimal(90_000))
    criteria = [
        {"measure": "latency_ms", "value": Decimal("2500.125"), "comparison": ">"},
        {"measure": "affected_users", "value": Decimal(10_000), "for_at_least": timedelta(minutes=3)},
    ]
    make.threshold(version, "0:15", severity="SEV1", combine="any", start_level=2, criteria=criteria)
    orders = [{"measure": "orders_waiting", "value": Decimal(500)}]
    make.threshold(version, "Orders pile up", criteria=orders, runbook=Runbook.objects.get(title="Restart payments"))


def _impact(version: PolicyVersion, head: User) -> None:
    BusinessThreshold.objects.create(
        version=version, name="Losing money", measure="revenue_loss_per_hour", value=Decimal("10000.5"), currency="EUR", impact=1
    )
    BusinessThreshold.objects.create(version=version, name="Regulator", measure="regulatory_exposure", value=Decimal(2), impact=2)
    for place, priority in enumerate((1, 1, 2, 1, 3, 3, 3, 4, 5)):
        PriorityCell.objects.create(version=version, impact=place // 3 + 1, urgency=place % 3 + 1, priority=priority)
    said: dict[str, Any] = {"version": version, "owner": head, "rationale": "Seventy-two hours run", "review_on": date(2099, 12, 1)}
    ExceptionRule.objects.create(name="Leak", indicator="data_breach", start_level=2, **said)
    ExceptionRule.objects.create(name="Ledger", indicator="service", service=make.service("Ledger", key="ledger"), **said)
    ExceptionRule.objects.create(name="VIP", indicator="label", label="vip", **said)


def _words(version: PolicyVersion, head: User) -> None:
    MessageTemplate.objects.create(version=version, track="technical", level=1, audience="technical", subject="Payments: 'down'", body=BODY)
    MessageTemplate.objects.create(
        version=version, track="stakeholder", level=0, audience="executive", subject="Payments", body="Word at noon."
    )
    AnnouncementProtocol.objects.create(
        version=version, severity="SEV1", audience="external", role_held=Role.objects.get(), channels="status page, telephone conference"
    )
    AnnouncementProtocol.objects.create(
        version=version,
        severity="SEV2",
        person=head,
        channels="conference call",
        first_within=timedelta(minutes=20),
        repeat_every=timedelta(hours=1),
    )
