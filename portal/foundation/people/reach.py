"""Whom a message reaches, as far as the portal knows. One contact point that was answered from is enough."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from .addresses import is_email, problem_with
from .models import ContactPoint


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
        if not problem_with(channel, address):
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
