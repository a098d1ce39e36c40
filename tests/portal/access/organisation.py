"""A small organisation to grant rights in: a bank with two units below it, each with a service and an incident, and one beside."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from incidents.models import HandOff, ImpactReading, Incident, TimelineEntry
from policies.models import BusinessUnit, Component, EscalationPolicy, Service
from tests.factories.portal import person


@dataclass(frozen=True, slots=True)
class Organisation:
    bank: BusinessUnit
    cards: BusinessUnit
    loans: BusinessUnit
    beside: BusinessUnit
    services: dict[str, Service]
    incidents: dict[str, Incident]

    def everything(self) -> list[Any]:
        """Every object that somebody may or may not see."""
        models: tuple[Any, ...] = (
            *(BusinessUnit, Service, Component, Incident, ImpactReading, TimelineEntry),
            *(HandOff, EscalationPolicy),
        )
        return [thing for model in models for thing in model.objects.order_by("pk")]


def organisation(now: datetime) -> Organisation:
    bank = BusinessUnit.objects.create(name="Bank")
    cards = BusinessUnit.objects.create(name="Cards", part_of=bank)
    loans = BusinessUnit.objects.create(name="Loans", part_of=bank)
    beside = BusinessUnit.objects.create(name="Beside")
    services, incidents = {}, {}
    owner, other = person("Owner"), person("Receiver")
    for name, unit in (("paying", cards), ("lending", loans), ("other", beside)):
        service = Service.objects.create(name=f"Service {name}", key=name, business_unit=unit)
        services[name] = service
        incidents[name] = Incident.objects.create(number=f"INC-{name}", title=f"Trouble of {name}", service=service, opened_at=now)
        Component.objects.create(service=service, name=f"Part of {name}")
        ImpactReading.objects.create(
            service=service, measure="transaction_failure_percent", value=Decimal(3), observed_at=now, recorded_at=now
        )
        TimelineEntry.objects.create(incident=incidents[name], at=now, recorded_at=now, kind="note", actor_name="Owner", text="Looked")
        EscalationPolicy.objects.create(name=f"Policy of {name}", service=service, owner=owner)
        HandOff.objects.create(incident=incidents[name], track="technical", giver=owner, receiver=other, offered_at=now, kind="shift")
    return Organisation(bank, cards, loans, beside, services, incidents)
