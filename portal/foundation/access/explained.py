"""Why somebody may, or may not: every way that gives a right over one object, in words. It reads what the rule reads, and decides nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db.models import Model, Q
from django.utils import timezone
from guardian.models import GroupObjectPermission, UserObjectPermission

from .checks import may
from .elevated import elevated
from .held import appointment_of, only_looks, rights_at_hand
from .in_words import roles_with, words_of
from .models import ObjectGrant
from .places import AUDIT, INCIDENT, PLACES, SERVICE, UNIT, Place, model_of, standing_in
from .reach import end_of
from .roles import NEVER_BY_SUPERUSER, ONLY_LOOKS, is_a_look

CALLED: Mapping[str, str] = {INCIDENT: "incident", SERVICE: "service", UNIT: "business unit"}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a right. `counts` is whether it gives it now; `words` say where it comes from, or why it gives nothing."""

    words: str
    counts: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """The answer of the rule, and what stands behind it. `missing` says what would give the right, when nothing does."""

    allowed: bool
    ways: tuple[Way, ...]
    missing: str = ""


def explain(person: Any, permission: str, subject: Model, now: datetime) -> Explained:
    """Why `person` holds `permission` over `subject`, or what is missing."""
    allowed = may(person, permission, subject)
    if not person.is_active:
        return Explained(allowed, (Way("The account is not active, so nothing that was given to it counts.", False),))
    ways = (*_everywhere(person, permission), *_on_objects(person, permission, subject, now))
    return Explained(allowed, ways, "" if allowed else _missing(permission, subject))


def places_of(subject: Model) -> dict[str, dict[int, str]]:
    """What `subject` hangs on: keys and names of its incident, its service, and its business unit with every unit above."""
    place = PLACES.get(subject._meta.label_lower, Place())
    ends = {INCIDENT: place.incident, SERVICE: place.service, UNIT: place.unit}
    found = {kind: {end_of(subject, way)} - {None} if way else set() for kind, way in ends.items()}
    service = apps.get_model(SERVICE)._default_manager.filter(pk__in=found[SERVICE]).first()
    named: dict[str, dict[int, str]] = {SERVICE: {service.pk: str(service)} if service else {}, UNIT: {}}
    named[INCIDENT] = {each.pk: str(each) for each in apps.get_model(INCIDENT)._default_manager.filter(pk__in=found[INCIDENT])}
    units = {unit.pk: unit for unit in apps.get_model(UNIT)._default_manager.all()} if service or found[UNIT] else {}
    waiting = [key for key in (*found[UNIT], service.business_unit_id if service else None) if key is not None]
    while waiting:
        key = waiting.pop()
        if key not in named[UNIT]:
            named[UNIT][key] = str(units[key])
            waiting += [above for above in (units[key].part_of_id,) if above is not None]
    return named


def _everywhere(person: Any, permission: str) -> Iterator[Way]:
    app, codename = permission.split(".")
    held = Q(permissions__content_type__app_label=app, permissions__codename=codename)
    barred = _barred(person, permission)
    if person.is_superuser and permission in NEVER_BY_SUPERUSER:
        yield Way("A superuser, but this right counts only when it was given as a duty.", False)
    elif person.is_superuser:
        yield Way("A superuser: may everything that is not a duty of others.", True)
    for group in Group.objects.filter(held, user=person).order_by("name"):
        yield Way(f"Everywhere, by the role {group.name}.{barred}", not barred)
    own = Permission.objects.filter(user=person, content_type__app_label=app, codename=codename)
    # Being given a duty by itself counts for everybody but a superuser, whose duties come with a role.
    if own.exists():
        counts = not barred and not (person.is_superuser and permission in NEVER_BY_SUPERUSER)
        yield Way(f"Everywhere, given to the account by itself.{barred}", counts)
    taken = elevated(person)
    if taken is not None and permission in taken.rights:
        yield Way(f"Everywhere, in the role {taken.role} that was taken until {timezone.localtime(taken.until):%H:%M}.", True)
    appointment = appointment_of(person)
    if appointment is not None and appointment.everything:
        words = f"As an auditor of everything, until {_day(appointment.until)}: {appointment.reason}"
        yield Way(words, permission in rights_at_hand(person))


def _on_objects(person: Any, permission: str, subject: Model, now: datetime) -> Iterator[Way]:
    places, giving = places_of(subject), standing_in(permission)
    sought = {(kind, right, key): name for kind, rights in giving.items() for right in rights for key, name in places[kind].items()}
    kind = subject._meta.label_lower
    if model_of(permission) == kind and subject.pk is not None:
        sought.setdefault((kind, permission, subject.pk), str(subject))
    for (kind, right, key), name in sought.items():
        app, codename = right.split(".")
        rows = {"permission__content_type__app_label": app, "permission__codename": codename, "object_pk": str(key)}
        barred, on = _barred(person, right), f"the {CALLED.get(kind, kind.partition('.')[2])} {name}"
        if UserObjectPermission.objects.filter(user=person, **rows).exists():
            yield _granted(ObjectGrant.objects.filter(user=person, ended_at=None, **rows).first(), on, "", now, barred)
        for through in GroupObjectPermission.objects.filter(group__user=person, **rows).select_related("group"):
            dated = ObjectGrant.objects.filter(group=through.group, ended_at=None, **rows).first()
            yield _granted(dated, on, f" through the group {through.group.name}", now, barred)


def _granted(given: ObjectGrant | None, on: str, through: str, now: datetime, barred: str) -> Way:
    words = f"Granted on {on}{through}"
    if given is None:
        return Way(f"{words}, without an end.{barred}", not barred)
    until = f"until {_day(given.until)}" if given.until else "until it is taken back"
    if not given.counts(now):
        when = f"begins {_day(given.starts_at)}" if given.starts_at > now else f"ended {_day(given.until)}"
        return Way(f"{words}, but that {when}.", False)
    as_what = "as an auditor" if given.appointment_id is not None else f"by {given.given_by or 'the portal'}"
    return Way(f"{words} {as_what} {until}: {given.reason}{barred}", not barred)


def _barred(person: Any, permission: str) -> str:
    """Why a right that was given counts for nothing with this account now; empty when it counts."""
    if permission in AUDIT.rights.values():
        return "" if appointment_of(person) is not None else " It does not count without an appointment."
    if appointment_of(person) is not None:
        return " It does not count while the account is an auditor's."
    if only_looks(person) and not is_a_look(permission) and permission != ONLY_LOOKS:
        return " It does not count: the account only looks."
    return ""


def _missing(permission: str, subject: Model) -> str:
    roles = ", ".join(roles_with(permission)) or "no role has it"
    places, giving = places_of(subject), standing_in(permission)
    where = [f"the {CALLED[kind]} {name}" for kind in (INCIDENT, SERVICE, UNIT) if giving[kind] for name in places[kind].values()]
    granted = f", or a grant on {', on '.join(where)}" if where else ""
    return f"The right to {words_of(permission)} is missing. It would come with a role ({roles}){granted}."


def _day(instant: datetime | None) -> str:
    return f"{instant:%d %b %Y, %H:%M} UTC" if instant else ""
