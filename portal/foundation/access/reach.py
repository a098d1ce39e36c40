"""How far a right goes for somebody who does not hold it everywhere: over what hangs on the objects it was granted on."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, Lookup, Model, Q

from .granted import Keys, granted_to
from .places import INCIDENT, PLACES, SERVICE, UNIT, Place, model_of, standing_in

NONE: Keys = frozenset()
# Up to so many keys SQLite finds what hangs on them by their indexes; with more it would find most rows so, one by one, and then sort them.
BY_INDEX = 20


class _OneOf(Lookup):
    """A column that is one of the keys in a text, which stand in the statement themselves: to hand over each by itself took longer than the answer."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, values = self.process_lhs(compiler, connection)
        return f"{column} IN ({self.rhs})", values


class _OneOfMany(_OneOf):
    """The same, not looked up in an index by SQLite. PostgreSQL knows by itself what is dearer."""

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        said, values = self.as_sql(compiler, connection)
        return f"+{said}", values


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
        kind = _OneOfMany if sum(len(keys) for _, keys in ways) > BY_INDEX else _OneOf
        found = Q()
        for way, keys in ways:
            # Keys are numbers that the database gave; written once for all statements that are made of this.
            found |= Q(kind(F(way), ", ".join(map(str, sorted(map(int, keys))))))
        return found

    def holds(self, subject: Model) -> bool:
        """Whether it reaches `subject`: the same ways, walked by one row."""
        return any(end_of(subject, way) in keys for way, keys in self._ways(subject._meta.label_lower))

    def _ways(self, model: str) -> list[tuple[str, Keys]]:
        place, own = PLACES.get(model, Place()), self.own if self.model == model else NONE
        found: dict[str, Keys] = {}
        # SQLite asks in this order, row by row: first what most rows hang on.
        for way, keys in ((place.service, self.services), (place.unit, self.units), (place.incident, self.incidents), ("pk", own)):
            if way and keys:
                found[way] = found.get(way, NONE) | keys
        return list(found.items())


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
