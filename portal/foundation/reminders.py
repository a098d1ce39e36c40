"""Reminding people to show again that messages reach them: before and when a verification ends, and before they are on duty."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from portal.foundation import words
from portal.foundation.directory.on_duty import on_duty
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.outbox.services import queue
from portal.foundation.people.addresses import EMAIL
from portal.foundation.people.models import ContactPoint, User
from portal.foundation.people.reach import can_interrupt, reach_of

EXPIRING, EXPIRED, BEFORE_DUTY = "contact.expiring", "contact.expired", "duty.unverified"
# Two weeks hold a holiday; whoever comes back still has days left.
AHEAD = timedelta(days=14)
# A verification that ended before the portal looked, after an outage for instance, is still told; an old one no more.
BEHIND = timedelta(days=14)
DAYS_OF_DUTY = 7
WITHIN_A_DAY = " within a day"


def remind_to_verify(*, now: datetime) -> int:
    """Tells the owner of each contact point once that its verification ends within 14 days, and once that it has ended; how many were told.

    The message goes through another verified contact point, else by e-mail, else every way there is.
    """
    ending = ContactPoint.objects.filter(
        active=True, person__is_active=True, verified_until__gt=now - BEHIND, verified_until__lte=now + AHEAD
    )
    points = {_key(point, now): point for point in ending.select_related("person").order_by("pk")}
    known = set(OutboxMessage.objects.filter(idempotency_key__in=points).values_list("idempotency_key", flat=True))
    new = {key: point for key, point in points.items() if key not in known}
    others: dict[int, list[ContactPoint]] = {}
    for other in ContactPoint.objects.filter(person__in={point.person_id for point in new.values()}, active=True).order_by("order"):
        others.setdefault(other.person_id, []).append(other)
    for key, point in new.items():
        _remind(point, key, _through(point, others[point.person_id], now), now)
    return len(new)


def remind_before_duty(*, now: datetime) -> int:
    """Tells everybody who is on duty within a week and has no verified way to be alerted, and their manager; how many such people.

    Each of them once a week.
    """
    unsure = unsure_on_duty(None, now)
    year, number, _ = now.isocalendar()
    week = f"{year}-{number:02}"
    for person, duty in unsure:
        link, key = _page(""), f"{BEFORE_DUTY}:{person.pk}:{week}"
        body = f"{duty}, and no contact point of yours is verified, so nobody knows whether an alert reaches you. Send a code to one now."
        _queue(BEFORE_DUTY, person, person, "Verify a contact point before your duty", body, link, key, now)
        if person.manager is not None and person.manager.is_active:
            title = f"{person} is on duty soon, and nobody knows whether alerts arrive"
            told = f"{person}: {duty}. No contact point of theirs is verified. Ask them to verify one, or find a stand-in."
            _queue(BEFORE_DUTY, person.manager, person, title, told, _page(f"of/{person.pk}/"), f"{key}:manager", now)
    return len(unsure)


def unsure_on_duty(among: Iterable[Any] | None, now: datetime) -> list[tuple[User, str]]:
    """Active people, of `among` or all, who are on duty within seven days without a verified way that carries an alert, and which duty.

    With `among` it asks for duty only when one of them has no such way.
    """
    if among is not None:
        people = {person.pk for person in among}
        if not people or not _unshown(people, now):
            return []
    duties: dict[int, str] = {}
    for day in range(DAYS_OF_DUTY):
        for key, duty in on_duty(now + timedelta(days=day)).items():
            soon = "" if not day and not duty.endswith(WITHIN_A_DAY) else WITHIN_A_DAY if not day else f" within {day + 1} days"
            duties.setdefault(key, duty.removesuffix(WITHIN_A_DAY) + soon)
    wanted = set(duties) if among is None else set(duties) & people
    found = User.objects.filter(pk__in=_unshown(wanted, now), is_active=True).select_related("manager").order_by("display_name", "pk")
    return [(person, duties[person.pk]) for person in found]


def _unshown(people: set[int], now: datetime) -> frozenset[int]:
    reach = reach_of(people, now)
    return reach.unreachable | reach.unverified | reach.expired


def _key(point: ContactPoint, now: datetime) -> str:
    until: Any = point.verified_until
    return f"{EXPIRING if until > now else EXPIRED}:{point.pk}:{until.isoformat()}"


def _through(point: ContactPoint, others: list[ContactPoint], now: datetime) -> ContactPoint | None:
    verified = [other for other in others if other.pk != point.pk and other.verified(now) and can_interrupt(other.channel, other.address)]
    mail = [other for other in others if other.pk != point.pk and other.channel == EMAIL]
    return next(iter([*verified, *mail]), None)


def _remind(point: ContactPoint, key: str, through: ContactPoint | None, now: datetime) -> None:
    until: Any = point.verified_until
    kind = key.partition(":")[0]
    if kind == EXPIRING:
        left = words.counted(max((until - now).days, 1), "more day")
        title, body = f"'{point.label}' is verified for {left}", "Send a code to it and enter it, and it counts for another 180 days."
    else:
        title, body = (
            f"The verification of '{point.label}' has ended",
            "Alerts still go there, but nobody knows whether they arrive. Send a code to it.",
        )
    _queue(kind, point.person, point, title, body, _page(""), key, now, through)


def _queue(
    kind: str, person: Any, about: Any, title: str, body: str, link: str, key: str, now: datetime, contact: ContactPoint | None = None
) -> None:
    subject = f"{about._meta.label_lower}:{about.pk}"
    queue(kind=kind, person=person, subject_ref=subject, title=title, body=body, link=link, idempotency_key=key, now=now, contact=contact)


def _page(rest: str) -> str:
    return f"{settings.PORTAL_URL}/admin/portal/contactpoint/{rest or 'mine/'}"
