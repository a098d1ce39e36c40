"""How far a right goes for somebody who does not hold it everywhere: over what hangs on the objects it was granted on."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q

from .granted import Keys, granted_to
from .places import INCIDENT, PLACES, SERVICE, UNIT, Place, model_of, standing_in

NONE: Keys = frozenset()


@dataclass(frozen=True, slots=True)
class Reach:
    """Keys of incidents, services and units on whose rows a right counts, and `own`: rows of `model` that it was granted on one by one."""

    model: str = ""
    own: Keys = NONE
    incidents: Keys = NONE
    services: Keys = NONE
    units: Keys = NONE

    def goes_to(self, model: str) -> bool:
        """Whether it can reach any row of `model`."""
        return bool(self._ways(model))

    def condition(self, model: str) -> Q | None:
        """The rows of `model` that it reaches, as a filter; None when it reaches none."""
        ways = self._ways(model)
        if not ways:
            return None
        found = Q()
        for way, keys in ways:
            found |= Q(**{f"{way}__in": keys})
        return found

    def holds(self, subject: Model) -> bool:
        """Whether it reaches `subject`: the same ways, walked by one row."""
        return any(end_of(subject, way) in keys for way, keys in self._ways(subject._meta.label_lower))

    def _ways(self, model: str) -> list[tuple[str, Keys]]:
        place = PLACES.get(model, Place())
        ways = [(place.incident, self.incidents), (place.service, self.services), (place.unit, self.units)]
        if self.model == model:
            ways.append(("pk", self.own))
        return [(way, keys) for way, keys in ways if way and keys]


NOWHERE = Reach()


def reach_of(actor: Any, permission: str) -> Reach:
    """How far `permission` goes for `actor` by grants: two queries at most, the first of them once for each account object."""
    granted = granted_to(actor)
    if not granted.on:
        return NOWHERE
    giving = standing_in(permission)
    on = {kind: NONE.union(*(granted.on.get(right, NONE) for right in rights)) for kind, rights in giving.items()}
    services, units = granted.services_and_units_in(on[UNIT])
    return Reach(model_of(permission), granted.on.get(permission, NONE), on[INCIDENT], on[SERVICE] | services, units)


def end_of(subject: Any, way: str) -> Any:
    """The key at the end of `way`, a lookup such as 'version__policy__service', from `subject`; None where it breaks off."""
    if way == "pk":
        return subject.pk
    first, _, rest = way.partition("__")
    if not rest:
        return getattr(subject, subject._meta.get_field(first).attname)
    beyond = getattr(subject, first)
    return end_of(beyond, rest) if beyond is not None else None
