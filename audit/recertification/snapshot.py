"""Who holds what now, as items: roles as a whole, rights given directly, grants, superusers; since when, and when last used."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from audit.duties.holdings import holdings_of, words_of_rights
from audit.duties.pairs import Holding, Way
from audit.ledger import personal
from audit.ledger.models import LedgerEvent
from portal.foundation.access.roles import ROLES
from portal.foundation.people.models import User
from portal.foundation.registry import Registry

from .periods import Held
from .uses import last_use, types_of

# Further back a use says nothing about now, and the ledger is long.
LOOK_BACK = timedelta(days=400)
PURPOSES = {role.title: role.purpose for role in ROLES}
# Apps say where people belong, in words that change when somebody moves, and who answers for them there.
belonging: Registry[Callable[[Collection[int]], Mapping[int, str]]] = Registry("where people belong")
answering: Registry[Callable[[Collection[int]], Mapping[int, list[int]]]] = Registry("who answers for people")


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that is held, as it is asked about."""

    held: Held
    words: str
    rights: tuple[str, ...]
    since: datetime | None
    used_at: datetime | None

    @property
    def leaves_trace(self) -> bool:
        return bool(types_of(self.rights))


def everything_held(people: Collection[int] | None = None) -> dict[Held, tuple[str, ...]]:
    """What everybody holds, each with the rights that it gives. Roles as a whole: what a role gives goes with it."""
    found: dict[Held, set[str]] = {}
    for person, holdings in holdings_of(people).items():
        for one in holdings:
            if (key := _as_held(person, one)) is not None:
                found.setdefault(key, set()).add(one.right)
    return {key: tuple(sorted(rights)) for key, rights in found.items()}


def _as_held(person: int, one: Holding) -> Held | None:
    if one.way == Way.SUPERUSER:
        return (person, one.way, "superuser", "")
    if one.way == Way.ROLE:
        return (person, one.way, one.through, "")
    # What stands in for another right, and what comes with a role, is asked about there.
    return None if one.through or one.by else (person, one.way, one.right, one.on)


def asked_about(held: Mapping[Held, tuple[str, ...]], now: datetime) -> list[Asked]:
    """What is held in words, with what the trail knows of it. One query a person, whatever they hold, and three more."""
    people = {key[0] for key in held}
    given = _given(people)
    seen = {person: _seen(person, now) for person in people}
    known = words_of_rights(key[2] for key in held if key[1] not in (Way.ROLE, Way.SUPERUSER))
    return [
        Asked(key, _words(key, known), rights, given.get((key[0], _given_as(key))), last_use(rights, seen[key[0]]))
        for key, rights in sorted(held.items())
    ]


def where_people_belong(people: Collection[int]) -> dict[str, str]:
    """By primary key as text, so that it can be kept as JSON. The manager belongs to it."""
    where: dict[int, list[str]] = {
        key: [f"manager {manager or ''}"] for key, manager in User.objects.filter(pk__in=people).values_list("pk", "manager")
    }
    for _, ask in belonging:
        for person, words in ask(people).items():
            where[person].append(words)
    return {str(person): "; ".join(parts) for person, parts in sorted(where.items())}


def reviewers_of(people: Collection[int]) -> dict[int, int | None]:
    """Who answers for each: the manager, else whoever answers where they belong, never the person; None where there is nobody."""
    found: dict[int, list[int]] = {person: [] for person in people}
    for person, manager in User.objects.filter(pk__in=people, manager__is_active=True).values_list("pk", "manager"):
        found[person] += [manager] if manager is not None else []
    for _, ask in answering:
        for person, others in ask(people).items():
            found[person] += others
    return {person: next((one for one in others if one != person), None) for person, others in found.items()}


def _words(key: Held, known: Mapping[str, str]) -> str:
    _, way, name, place = key
    if way == Way.SUPERUSER:
        return "may do nearly everything, as a superuser"
    if way == Way.ROLE:
        purpose = PURPOSES.get(name, "")
        return f"is one of {name}" + (f": {purpose[:1].lower()}{purpose[1:].rstrip('.')}" if purpose else "")
    return f"may {known[name]}, " + (f"on {place} alone" if place else "given directly")


def _given_as(key: Held) -> str:
    """As the trail calls what was given."""
    return key[2] if key[1] == Way.ROLE else key[2].partition(".")[2]


def _given(people: Collection[int]) -> dict[tuple[int, str], datetime]:
    """When each of `people` was given a role last, by the role's name. One query, over the events about them that give or take."""
    about = LedgerEvent.objects.filter(object_model="portal.user", object_pk__in=[str(person) for person in people])
    found: dict[tuple[int, str], datetime] = {}
    rows = list(about.filter(payload__contains='"rights.added"').order_by("pk").values_list("object_pk", "recorded_at", "payload"))
    for (key, at, _), content in zip(rows, personal.parsed(row[2] for row in rows), strict=True):
        for name in _names_added(content):
            found[(int(key or 0), name)] = at
    return found


def _names_added(content: Mapping[str, Any]) -> list[str]:
    if content.get("type") == "rights.added":
        return list(content.get("details", {}).get("rights", []))
    added = (change for change in content.get("changes", []) if change.get("kind") == "rights.added")
    return [name for change in added for name in change.get("after", {}).get("rights", [])]


def _seen(person: int, now: datetime) -> dict[str, datetime]:
    """When the person last did each type of thing."""
    mine = LedgerEvent.objects.filter(actor_id=str(person), recorded_at__gt=now - LOOK_BACK)
    return dict(mine.order_by().values_list("type").annotate(last=Max("recorded_at")))
