"""What an account was granted on single objects, by itself or through its groups: read at once, and only what counts now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.signals import m2m_changed, post_delete, post_save
from guardian.models import GroupObjectPermission, UserObjectPermission

from portal.foundation import clock
from portal.foundation.statements import Rows, ask, vendor

from .held import ANYBODY, appointment_of, changes, granted_nothing, only_looks
from .models import AuditAppointment, ObjectGrant
from .places import AUDIT, UNIT
from .roles import is_a_look

Keys = frozenset[int]
SOMETIME = datetime(2000, 1, 1, tzinfo=UTC)
_FIELDS = ("permission__content_type__app_label", "permission__codename", "object_pk")


def watch() -> None:
    """Called once at start."""
    for model in (UserObjectPermission, GroupObjectPermission, ObjectGrant, AuditAppointment):
        post_save.connect(_changed, sender=model)
        post_delete.connect(_changed, sender=model)
    m2m_changed.connect(_changed, sender=get_user_model().groups.through)


@dataclass(frozen=True, slots=True)
class Granted:
    """The keys of the objects on which somebody holds each right, and what was looked up about their units."""

    as_of: int
    on: Mapping[str, Keys]
    within: dict[Keys, tuple[Keys, Keys]] = field(default_factory=dict)

    def services_and_units_in(self, units: Keys) -> tuple[Keys, Keys]:
        """The services of `units` and of every unit below them, and all these units. One query, and none without units."""
        if units not in self.within:
            self.within[units] = _within(units) if units else (frozenset(), frozenset())
        return self.within[units]


def granted_to(actor: Any) -> Granted:
    """What counts for `actor` now. One query for each account object, however many grants there are; none without any."""
    remembered: Granted | None = getattr(actor, "_granted", None)
    if remembered is None or remembered.as_of != changes[0]:
        collected: dict[str, set[int]] = {}
        for app, codename, key in () if granted_nothing(actor) else rows_of(actor):
            if not key.isdecimal():
                continue
            collected.setdefault(f"{app}.{codename}", set()).add(int(key))
        usable = {right: frozenset(keys) for right, keys in collected.items() if _usable(actor, right)}
        remembered = actor._granted = Granted(changes[0], usable)
    return remembered


def rows_of(actor: Any) -> Rows:
    """App, codename and key of an object: guardian's rows, without those whose time has not come or is over."""
    statement, asked = _words(vendor())
    # Nobody hands a time to the one question that everything asks.
    given = {ANYBODY: actor.pk, _as_stored(SOMETIME): _as_stored(clock.now())}
    return ask(statement, [given.get(value, value) for value in asked])


@cache
def _words(vendor: str) -> tuple[str, tuple[Any, ...]]:
    """The statement, put together once, and its values with ANYBODY and SOMETIME where account and time belong."""
    own = UserObjectPermission.objects.filter(~Exists(_outside(SOMETIME, "user")), user=ANYBODY)
    by_group = GroupObjectPermission.objects.filter(~Exists(_outside(SOMETIME, "group")), group__user=ANYBODY)
    found = own.values_list(*_FIELDS).union(by_group.values_list(*_FIELDS), all=True)
    return found.query.sql_with_params()


def _as_stored(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)


def _within(units: Keys) -> tuple[Keys, Keys]:
    parts: dict[int | None, set[int]] = {}
    services: dict[int, set[int]] = {}
    for unit, above, service in apps.get_model(UNIT)._default_manager.order_by().values_list("pk", "part_of", "services"):
        parts.setdefault(above, set()).add(unit)
        services.setdefault(unit, set()).add(service)
    found, waiting = set(units), list(units)
    while waiting:
        new = parts.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    held = set().union(*(services.get(unit, set()) for unit in found)) - {None}
    return frozenset(held), frozenset(found)


def _usable(actor: Any, right: str) -> bool:
    """An auditor's reach is the appointment's, and whoever only looks works nothing."""
    if right in AUDIT.rights.values():
        return appointment_of(actor) is not None
    return appointment_of(actor) is None and (is_a_look(right) or not only_looks(actor))


def _outside(now: Any, holder: str) -> QuerySet[ObjectGrant]:
    """The dates beside a row of guardian's, when `now` is outside of them."""
    of_row = {name: OuterRef(name) for name in (holder, "permission", "object_pk")}
    return ObjectGrant.objects.filter(ended_at=None, **of_row).exclude(ObjectGrant.in_force(now))


def _changed(sender: Any, **kwargs: Any) -> None:
    changes[0] += 1
