"""Which ways lead to a person, first choice first, and which of them a message may take."""

from collections.abc import Callable, Collection, Iterable, Sequence
from urllib.parse import urlsplit
from uuid import UUID

from portal.foundation.channels.base import is_alert
from portal.foundation.people.addresses import EMAIL
from portal.foundation.people.models import ContactPoint, ContactRule
from portal.foundation.registry import Registry

from .models import OutboxMessage

# Says which contact points, by primary key, a message of a drill may go to. Without anybody who says so it goes nowhere.
drill_ways: Registry[Callable[[OutboxMessage], Collection[int]]] = Registry("what says where a drill's messages may go")

# Says why a message of a drill cannot leave over a channel that is planned to fail in it, in words; empty when it can.
drill_faults: Registry[Callable[[OutboxMessage, str], str]] = Registry("what plans failures in drills")


def fault_of(message: OutboxMessage, channel: str) -> str:
    """The planned failure that keeps `message` from leaving over `channel`; empty for everything but drills."""
    return next((said for _, ask in drill_faults if (said := ask(message, channel))), "") if message.drill else ""


def ways_of(messages: Collection[OutboxMessage]) -> dict[UUID, list[ContactPoint]]:
    """For each message the contact points it may go to, in order. Two queries, however many messages."""
    people = {message.person_id for message in messages if message.person_id is not None}
    points: dict[int, list[ContactPoint]] = {}
    active = ContactPoint.objects.filter(person__in=people, active=True, person__is_active=True)
    for point in active.order_by("person_id", "order", "id"):
        points.setdefault(point.person_id, []).append(point)
    rules = _rules([person for person, found in points.items() if len(found) > 1])
    return {message.pk: _ways(message, points, rules) for message in messages}


def contacts_of(person_id: int | None, *, urgent: bool = False, alert: bool = True) -> list[ContactPoint]:
    """The ways to reach an active person: those in their rules for this urgency, then all others in their order.

    E-mail carries no alert, and nothing urgent, so it is none of the ways then. Two queries.
    """
    asked = OutboxMessage(person_id=person_id, urgent=urgent, kind="page" if alert else "")
    return ways_of([asked])[asked.pk]


def lane_of(contact: ContactPoint) -> str:
    """What may be slow together: a channel, and with those that call a URL the host. Holds no other part of the address."""
    if "://" not in contact.address:
        return contact.channel
    try:
        parts = urlsplit(contact.address)
        # With some push services the place of the host holds the token.
        host = (parts.hostname or "") if parts.scheme in {"http", "https"} else parts.scheme
    except ValueError:
        host = ""
    return f"{contact.channel} {host}"[:120].strip()


def in_order(
    contacts: Iterable[ContactPoint], rules: Callable[[], Sequence[int]], *, urgent: bool = False, alert: bool = True
) -> list[ContactPoint]:
    """One person's active `contacts`, which stand in their own order, as they are tried. `rules` gives those chosen, asked only if need be."""
    ways = [contact for contact in contacts if contact.channel != EMAIL or not (urgent or alert)]
    chosen = {contact: place for place, contact in enumerate(rules())} if len(ways) > 1 else {}
    # A way that no rule names is never lost: it comes after those that are named. Sorting keeps their own order.
    return sorted(ways, key=lambda contact: chosen.get(contact.pk, len(chosen)))


def _rules(people: Sequence[int]) -> dict[tuple[int, str], list[int]]:
    """For each person and urgency the contact points that a rule names, in order."""
    rules: dict[tuple[int, str], list[int]] = {}
    found = ContactRule.objects.filter(person__in=people).order_by("position").values_list("person_id", "urgency", "contact_id")
    for person, urgency, contact in found if people else ():
        rules.setdefault((person, urgency), []).append(contact)
    return rules


def _ways(message: OutboxMessage, points: dict[int, list[ContactPoint]], rules: dict[tuple[int, str], list[int]]) -> list[ContactPoint]:
    if message.person_id is None:
        return []
    urgency = ContactRule.Urgency.URGENT if message.urgent else ContactRule.Urgency.NORMAL
    chosen = rules.get((message.person_id, urgency), [])
    ways = in_order(points.get(message.person_id, ()), lambda: chosen, urgent=message.urgent, alert=is_alert(message.kind))
    if message.contact_id is not None:
        ways = [point for point in ways if point.pk == message.contact_id]
    if message.drill:
        allowed = {key for _, ask in drill_ways for key in ask(message)}
        ways = [point for point in ways if point.pk in allowed]
    return ways
