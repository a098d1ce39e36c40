"""Services and incidents for tests."""

from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from django.utils.text import slugify

from incidents.lifecycle.services import open_incident
from incidents.models import Incident
from policies.decisions.severity import Reading
from policies.models import Criterion, EscalationPolicy, Level, PolicyVersion, Service, Target, Threshold
from tests.factories.policies import approve
from tests.factories.portal import contact, person

_numbers = count(1)


def service(name: str = "", **fields: Any) -> Service:
    name = name or f"Service {next(_numbers)}"
    return Service.objects.create(name=name, key=fields.pop("key", slugify(name)), **fields)


def incident(now: datetime, **fields: Any) -> Incident:
    """An incident opened by the portal itself, as services open it."""
    fields.setdefault("title", "Card payments fail")
    fields.setdefault("impact", 1)
    fields.setdefault("urgency", 2)
    fields.setdefault("actor", None)
    subject = fields.pop("service", None) or service()
    return open_incident(service=subject, now=now, **fields)


def reading(value: str, at: datetime, measure: str = "transaction_failure_percent") -> Reading:
    return Reading(measure, Decimal(value), at)


def many_incidents(how_many: int, now: datetime, subject: Service, **fields: Any) -> None:
    """Rows for lists, without their stories."""
    Incident.objects.bulk_create(
        Incident(
            number=f"ROW-{next(_numbers):06d}",
            title=f"Row {position}",
            service=subject,
            impact=2,
            urgency=2,
            priority=3,
            severity="SEV3",
            opened_at=now,
            **fields,
        )
        for position in range(how_many)
    )


def policy_in_force(subject: Service, now: datetime, thresholds: tuple[tuple[str, str, str, int], ...] = ()) -> PolicyVersion:
    """A policy of one level for `subject`, approved, in force at `now`.

    `thresholds` are (severity, measure, value, start level), each one condition 'is at least' within ten minutes.
    """
    owner = person("Olga Owner", roles=("manager",))
    contact(owner)
    policy = EscalationPolicy.objects.create(name=f"Policy {next(_numbers)}", service=subject, owner=owner)
    version = PolicyVersion.objects.create(policy=policy, number=1, author=owner, created_at=now, change_reason="First version")
    for number in range(1, max([start for *_, start in thresholds] + [1]) + 1):
        level = Level.objects.create(version=version, number=number, name=f"Line {number}")
        Target.objects.create(level=level, position=1, person=owner)
    for severity, measure, value, start in thresholds:
        threshold = Threshold.objects.create(version=version, name=f"{severity} of {measure}", severity=severity, start_level=start)
        Criterion.objects.create(threshold=threshold, measure=measure, value=Decimal(value))
    return approve(version, now=now)
