"""Incidents out of the database as columns: one query, and one for the names of each dimension."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from incidents.imports.directory import NOT_KNOWN
from incidents.lifecycle.models import Incident
from policies.catalogue.models import BusinessUnit, Component, Origin, Service, Team

from .columns import Microseconds, along, coded, or_nothing, read
from .incidents import SEVERITIES, Incidents
from .levels import Whole
from .moments import microseconds
from .population import Population
from .resolution_definitions import WINDOWS, Returns, returns

CODES = {name: number for number, name in enumerate(SEVERITIES)}
BACK = timedelta(days=max(WINDOWS))
NAMED: dict[str, Any] = {"service": Service, "team": Team, "unit": BusinessUnit}


def incidents_of(population: Population, known_until: datetime) -> Incidents:
    """The incidents of the population, in the order of their opening. Six queries."""
    rows = Incident.objects.filter(population.incidents()).order_by("opened_at", "number")
    times = (Microseconds(name) for name in ("opened_at", "acknowledged_at", "resolved_at"))
    keys = ("service_id", "component_id", "team_id")
    key, opened, acknowledged, resolved, severity, *of = read(rows, "pk", *times, coded("severity", CODES), *keys)
    service, component, team = map(or_nothing, of)
    unit = _units_of(service)
    return Incidents(
        *(key, opened, acknowledged, resolved, np.maximum(severity, 0), service, component, team, unit),
        known_until=microseconds(known_until),
        names={"component": _components(component)} | {name: _names(NAMED[name], keys) for name, keys in _asked(service, team, unit)},
    )


def returns_of(population: Population, service: Whole, component: Whole, opened: Whole, resolved: Whole) -> dict[str, Returns]:
    """Since when another one of the same service, and of the same component, had been resolved. The columns are of the population's
    incidents. Two queries."""
    earlier, part, began, ended = earlier_incidents(population, BACK)
    own, before = known_services(service, earlier)
    return {
        name: returns(mine, opened, ((others, began, ended), (mine, opened, resolved)))
        for name, mine, others in (("service", own, before), ("component", component, part))
    }


def earlier_incidents(population: Population, back: timedelta) -> tuple[Whole, Whole, Whole, Whole]:
    """Service, component, opening and resolution of the incidents opened up to `back` before the population's first. One query."""
    before = Population(population.start - back, population.start, population.units)
    rows = along(Incident.objects.filter(before.incidents()), "")
    service, component, opened, resolved = read(rows, "service_id", "component_id", Microseconds("opened_at"), Microseconds("resolved_at"))
    return or_nothing(service), or_nothing(component), opened, resolved


def known_services(*columns: Whole) -> list[Whole]:
    """Keys of services, 0 in place of the one that stands in where an import knew none: its incidents have nothing in common. One query."""
    stand_in = list(Service.objects.filter(name=NOT_KNOWN, origin=Origin.IMPORTED).values_list("pk", flat=True))
    return [np.where(np.isin(column, stand_in), 0, column) for column in columns]


def _units_of(service: Whole) -> Whole:
    """Not with the incidents themselves: SQLite would read them service by service then, back and forth through the table."""
    key, unit = read(Service.objects.order_by("pk"), "pk", "business_unit_id")
    return or_nothing(unit)[np.searchsorted(key, service)]


def _asked(*columns: Whole) -> list[tuple[str, Whole]]:
    return list(zip(NAMED, columns, strict=True))


def _names(model: Any, keys: Whole) -> Mapping[int, str]:
    return dict(model.objects.filter(pk__in=np.unique(keys).tolist()).values_list("pk", "name"))


def _components(keys: Whole) -> Mapping[int, str]:
    rows = Component.objects.filter(pk__in=np.unique(keys).tolist()).values_list("pk", "service__name", "name")
    return {key: f"{service}: {name}" for key, service, name in rows}
