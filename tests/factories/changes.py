"""Changes and freezes for tests, made by the services."""

from datetime import datetime
from itertools import count
from typing import Any

from incidents.changes.freezing import declare_freeze
from incidents.changes.services import Plan, record_change
from incidents.models import ChangeFreeze, ChangeRequest, Incident
from policies.models import Service

from .portal import person

# All of one length, so that names keep their order however many were made in this process before.
_numbers = count(10_001)


def freeze(*services: Service, now: datetime, incident: Incident | None = None, **fields: Any) -> ChangeFreeze:
    """Of `services`, declared at `now` by somebody with the right, for one day, unless the fields say otherwise."""
    fields.setdefault("actor", person("Fritz Freezer", roles=("commander",)))
    fields.setdefault("reason", "The core is unstable.")
    fields.setdefault("covers", "services")
    return declare_freeze(services=services, incident=incident, now=now, **fields)


def change(*services: Service, now: datetime, actor: Any = None, number: str = "", kind: str = "normal", **fields: Any) -> ChangeRequest:
    """A change that touches `services`, recorded at `now` by somebody with the right."""
    plan = Plan(title=fields.pop("title", "New release"), kind=kind, services=services, **fields)
    number = number or f"CHG-{next(_numbers):04d}"
    return record_change(number, plan, actor=actor or person("Rita Requester", roles=("manager",)), now=now)
