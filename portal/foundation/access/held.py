"""The rights that an account holds for everything, by role or one by one: read at once, with words that were put together once."""

from collections.abc import Collection
from functools import cache
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from guardian.models import GroupObjectPermission, UserObjectPermission

from portal.foundation import clock
from portal.foundation.statements import ask, vendor

from .models import AuditAppointment
from .roles import AUDITOR, ONLY_LOOKS, is_a_look

ANYBODY = -1
RIGHT = ("content_type__app_label", "codename")
# No rights: they say that an appointment of this account is open, and that something was granted to it on a single object.
APPOINTED, GRANTED = "portal.appointed", "portal.granted"
# Goes up with each grant given or taken in this process: what an account object remembers from before is read again.
changes = [0]


def rights_at_hand(actor: Any) -> Collection[str]:
    """The rights of an active account that is no superuser. As Django keeps them with its object, for one request; one query, not two.

    An auditor who was called in has those of the appointment and no others; whoever only looks has no right to do anything.
    """
    known: set[str] | None = getattr(actor, "_perm_cache", None)
    if known is not None or actor.is_superuser:
        return known or ()
    statement, asked = _words(vendor())
    found = {f"{app}.{codename}" for app, codename in ask(statement, [actor.pk] * asked)}
    actor._granted_nothing_as_of = None if GRANTED in found else changes[0]
    actor._perm_cache = _narrowed(found - {GRANTED}, actor)
    narrowed: set[str] = actor._perm_cache
    return narrowed


def appointment_of(actor: Any) -> AuditAppointment | None:
    """What `actor` was called in for as an auditor, while that is in force."""
    if actor is None or not actor.is_active or actor.is_superuser:
        return None
    rights_at_hand(actor)
    found: AuditAppointment | None = getattr(actor, "_appointment", None)
    return found


def granted_nothing(actor: Any) -> bool:
    """Whether it is known, from the question for its rights, that nothing was granted to `actor` on a single object."""
    rights_at_hand(actor)
    return getattr(actor, "_granted_nothing_as_of", None) == changes[0]


def only_looks(actor: Any) -> bool:
    """Whether `actor` may change nothing, whatever else was given."""
    return ONLY_LOOKS in rights_at_hand(actor)


def _narrowed(found: set[str], actor: Any) -> set[str]:
    if APPOINTED in found:
        # Nobody hands a time to the one question that everything asks.
        now = clock.now()
        found.discard(APPOINTED)
        actor._appointment = AuditAppointment.objects.filter(AuditAppointment.in_force(now), person_id=actor.pk).first()
        if actor._appointment is not None:
            return set(AUDITOR.may) if actor._appointment.everything else {ONLY_LOOKS}
    return {right for right in found if is_a_look(right) or right == ONLY_LOOKS} if ONLY_LOOKS in found else found


@cache
def _words(vendor: str) -> tuple[str, int]:
    """The statement, and how often the account stands in it."""
    own, by_role = Permission.objects.filter(user=ANYBODY), Permission.objects.filter(group__user=ANYBODY)
    # Parts of the same statement, as nearly nobody is an auditor or has grants, and everybody would pay for questions of their own.
    marks = (
        _mark(AuditAppointment.objects.filter(person=ANYBODY, ended_at=None), APPOINTED),
        _mark(UserObjectPermission.objects.filter(user=ANYBODY), GRANTED),
        _mark(GroupObjectPermission.objects.filter(group__user=ANYBODY), GRANTED),
    )
    found = own.order_by().values_list(*RIGHT).union(by_role.order_by().values_list(*RIGHT), *marks)
    statement, asked = found.query.sql_with_params()
    return statement, len(asked)


def _mark(rows: QuerySet[Any], mark: str) -> Any:
    """`mark` in place of a right, where there are rows."""
    app, right = mark.split(".")
    marked = rows.annotate(app=RawSQL(f"'{app}'", ()), right=RawSQL(f"'{right}'", ()))  # noqa: S611
    return marked.order_by().values_list("app", "right")
