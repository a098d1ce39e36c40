"""What a reader may see of a quarter's conformance: the deviations of the incidents within their reach."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache

from incidents.lifecycle.queries import incidents_for
from portal.foundation.people.models import User
from reports.metrics.population import Population
from reports.metrics.queries import last_event_at

from .checking import Conformance, conformance_of
from .values import Deviation

# What takes this long is kept for a minute, so that turning pages of a great quarter does not check it for each page.
DEAR, KEPT_FOR = timedelta(seconds=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Seen:
    """A check as one reader may see it, and when it was made. `hidden` deviations belong to incidents out of the reader's reach."""

    found: Conformance
    as_of: datetime
    hidden: int


def conformance_for(actor: Any, population: Population, now: datetime) -> Seen:
    """The check of `population`, with the deviations of the incidents that `actor` may see."""
    found, as_of = _checked(population, now)
    if not found.deviations:
        return Seen(found, as_of, 0)
    visible = set(incidents_for(actor).filter(population.incidents()).order_by().values_list("pk", flat=True))
    mine = tuple(each for each in found.deviations if each.incident in visible)
    return Seen(replace(found, deviations=mine), as_of, len(found.deviations) - len(mine))


def names_of(deviations: tuple[Deviation, ...]) -> Mapping[int, str]:
    """The names of the people that `deviations` are about. One query."""
    wanted = {person for each in deviations for person in each.people}
    return {person.pk: str(person) for person in User.objects.filter(pk__in=wanted)} if wanted else {}


def _checked(population: Population, now: datetime) -> tuple[Conformance, datetime]:
    units = "all" if population.units is None else "-".join(map(str, population.units))
    key = f"conformance:{population.start.timestamp()}:{population.end.timestamp()}:{units}"
    kept = cache.get(key)
    if kept is not None:
        found, as_of = kept
        return found, as_of
    begun = time.monotonic()
    checked = conformance_of(population, last_event_at(population) or population.start)
    if time.monotonic() - begun >= DEAR.total_seconds():
        cache.set(key, (checked, now), KEPT_FOR.total_seconds())
    return checked, now
