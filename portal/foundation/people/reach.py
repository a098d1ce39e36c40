"""Whom a message reaches, as far as the portal knows. One contact point that was answered from is enough."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple

from portal.foundation.registry import Registry

from .addresses import is_email, may_alert
from .models import ContactPoint

# Whether an alert can travel to an address of a channel. The channels fill it at start, for they know which of them are set up.
travels: Registry[Callable[[str, str], bool]] = Registry("what says whether an alert travels")


class Reach(NamedTuple):
    """People by primary key. `unreachable` have no active contact point that carries an alert, `only_email` among them have one that is
    e-mail; `unverified` can be reached, but nobody ever answered from there, `expired` not for too long."""

    unreachable: frozenset[int]
    only_email: frozenset[int]
    unverified: frozenset[int]
    expired: frozenset[int]


def reach_of(people: Collection[int], at: datetime) -> Reach:
    """What is known of `people` at `at`. One query."""
    points = ContactPoint.objects.filter(person__in=people, active=True).values_list("person_id", "channel", "address", "verified_until")
    reached: dict[int, list[datetime | None]] = {}
    by_email: set[int] = set()
    for person, channel, address, until in points:
        if can_interrupt(channel, address):
            reached.setdefault(person, []).append(until)
        elif is_email(address):
            by_email.add(person)
    unshown = {person: untils for person, untils in reached.items() if not any(until and until > at for until in untils)}
    expired = {person for person, untils in unshown.items() if any(untils)}
    return Reach(
        unreachable=frozenset(set(people) - set(reached)),
        only_email=frozenset(by_email - set(reached)),
        unverified=frozenset(set(unshown) - expired),
        expired=frozenset(expired),
    )


def can_interrupt(channel: str, address: str) -> bool:
    """Whether an alert sent there can interrupt somebody: no e-mail, a good address, a channel that is set up."""
    return may_alert(channel, address) and all(can_travel(channel, address) for _, can_travel in travels)
