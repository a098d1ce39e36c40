"""Whom an event's title means. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from policies.decisions.rota import RotaPerson

# Grafana OnCall's mark: of two events at one time the one with the higher number counts.
_PRIORITY = re.compile(r"\s*\[L(\d)\]", re.IGNORECASE)
_PREFIX = re.compile(r"\s*on[\s-]?call\s*[:–-]\s*", re.IGNORECASE)
SHOWN = 80


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody a title can mean; `names` are the ways to write them. `active` is False for who left."""

    person: RotaPerson
    names: tuple[str, ...]
    active: bool = True


Directory = Mapping[str, tuple[Known, ...]]


@dataclass(frozen=True, slots=True)
class Match:
    """`person` is None when nobody is meant; `problem` says why. `note` says what else the title held."""

    priority: int
    name: str
    person: RotaPerson | None = None
    problem: str = ""
    note: str = ""


def directory(people: Iterable[Known]) -> Directory:
    """The people by every way to write them, capitals and spaces aside."""
    found: dict[str, list[Known]] = defaultdict(list)
    for known in people:
        for key in dict.fromkeys(_key(name) for name in known.names):
            if key:
                found[key].append(known)
    return {key: tuple(same) for key, same in found.items()}


def matched(title: str, people: Directory) -> Match:
    """Whom `title` means, such as '[L2] On call: Ana Ruiz', 'ana.ruiz' or 'Ruiz, Ana'. Of several names the first counts."""
    mark = _PRIORITY.match(title)
    rest = title[mark.end() :] if mark else title
    prefix = _PREFIX.match(rest)
    name = " ".join((rest[prefix.end() :] if prefix else rest).split())
    priority = int(mark.group(1)) if mark else 0
    if not name:
        return Match(priority, "", problem="has a title without a name")
    surname, comma, given = name.partition(",")
    for written in (name, f"{given} {surname}" if comma else ""):
        meant = people.get(_key(written), ())
        if meant:
            return _one(priority, name, meant)
    if not comma:
        return Match(priority, name[:SHOWN], problem="nobody has this name, user name or e-mail address")
    first = _one(priority, surname.strip(), people.get(_key(surname), ()))
    if first.person is None:
        return first
    return Match(priority, first.name, first.person, note=f"names several people; {first.person.name}, who stands first, counts")


def _one(priority: int, name: str, meant: tuple[Known, ...]) -> Match:
    there = [known for known in meant if known.active]
    if len(there) == 1:
        return Match(priority, name[:SHOWN], there[0].person)
    problem = "nobody has this name, user name or e-mail address"
    if there:
        problem = "several people are called so; write the user name instead"
    elif meant:
        problem = "left and can no longer sign in"
    return Match(priority, name[:SHOWN], problem=problem)


def _key(name: str) -> str:
    return " ".join(name.casefold().split())
