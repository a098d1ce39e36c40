"""Three-way comparison of one person: what the CMDB says, what stands here, and what both had when they last agreed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Kind(StrEnum):
    """What a difference is, and so who decides it."""

    CHANGE = "change"
    NEW = "new"
    CONFLICT = "conflict"
    HERE = "here"
    UNKNOWN = "unknown"
    INVALID = "invalid"


# Taken over unless a person decides otherwise.
CLEAR = frozenset({Kind.CHANGE, Kind.NEW})
# Of these a person decides; a conflict waits for that.
DECIDABLE = CLEAR | {Kind.CONFLICT}


@dataclass(frozen=True, slots=True)
class Stated:
    """A value as it is compared (`mark`; empty where there is none) and as it may be shown. Of an address the mark is a fingerprint."""

    mark: str
    shown: str


NOTHING = Stated("", "")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one person. `base` is None where it was never synchronised. `words` say why a person must decide, or what is wrong."""

    field: str
    kind: Kind
    ours: Stated = NOTHING
    theirs: Stated = NOTHING
    base: Stated | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Ways:
    """How a person can be reached now. `on_duty` says for what they are on duty, empty when they are not.

    `verified` and `others` are the contact points in use that carry alerts; `moved` those that would get another address, or none.
    """

    on_duty: str = ""
    verified: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    moved: frozenset[str] = field(default_factory=frozenset)


def compare(theirs: Stated, ours: Stated, base: Stated | None) -> Kind | None:
    """What the difference of two values is; None when they agree."""
    if theirs.mark == ours.mark:
        return None
    if base is None:
        if not ours.mark:
            return Kind.NEW
        return Kind.CONFLICT if theirs.mark else Kind.HERE
    if theirs.mark == base.mark:
        return Kind.HERE
    return Kind.CHANGE if ours.mark == base.mark else Kind.CONFLICT


def differences(theirs: Mapping[str, Stated], ours: Mapping[str, Stated], base: Mapping[str, Stated], ways: Ways) -> list[Difference]:
    """Every field of `theirs` that differs. What could leave somebody on duty unreachable, or let somebody in again, is a conflict."""
    found = []
    for name, value in theirs.items():
        mine, agreed = ours.get(name, NOTHING), base.get(name)
        kind = compare(value, mine, agreed)
        if kind is not None:
            found.append(Difference(name, kind, mine, value, agreed))
    return [_asked(each, found, ways) for each in found]


def _asked(each: Difference, found: list[Difference], ways: Ways) -> Difference:
    words = _why_ask(each, found, ways) if each.kind in DECIDABLE else ""
    return replace(each, kind=Kind.CONFLICT, words=words) if words else each


def _why_ask(each: Difference, found: list[Difference], ways: Ways) -> str:
    if each.field == "active" and each.theirs.mark == "yes":
        return "The account is not active; taking this lets the person sign in again."
    if not ways.on_duty:
        return ""
    if each.field == "active":
        return f"{ways.on_duty}: without the account nobody is alerted."
    taken = {one.field for one in found if one.kind in DECIDABLE}
    if each.field in ways.verified and ways.verified <= ways.moved & taken:
        return f"{ways.on_duty}: this is the last verified way to reach the person."
    left = (ways.verified | ways.others) - {one.field for one in found if one.kind in DECIDABLE and not one.theirs.mark}
    if each.field in ways.verified | ways.others and not each.theirs.mark and not left:
        return f"{ways.on_duty}: this is the last way to reach the person."
    return ""


def loops(managers: Mapping[int, int | None]) -> list[list[int]]:
    """The circles of people who are each other's managers, each once, from the smallest number on."""
    found: list[list[int]] = []
    settled: set[int] = set()
    for start in managers:
        path: list[int] = []
        place: dict[int, int] = {}
        at: int | None = start
        while at is not None and at not in settled and at not in place:
            place[at] = len(path)
            path.append(at)
            at = managers.get(at)
        if at is not None and at in place:
            circle = path[place[at] :]
            first = circle.index(min(circle))
            found.append(circle[first:] + circle[:first])
        settled.update(path)
    return found
