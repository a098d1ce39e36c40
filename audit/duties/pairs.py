"""Which rights meet in a person that must not, worked out from what the person holds. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

# Held by a superuser: every right there is. Only a pair that names it is hit by it, else one superuser would be a finding of every pair.
EVERYTHING = "*"


class Reach(StrEnum):
    """How near to each other two rights must not come."""

    EVERYWHERE = "everywhere"
    POLICY = "policy"
    OBJECT = "object"


class Way(StrEnum):
    """How somebody came to hold a right."""

    ROLE = "role"
    DIRECT = "direct"
    GRANT = "grant"
    SUPERUSER = "superuser"


@dataclass(frozen=True, slots=True, order=True)
class Holding:
    """A right that a person holds: by which way, through which role if by one, and on what; `on` is '' for everywhere.

    `by` is the right that was really granted, where it stands in for this one.
    """

    right: str
    way: str
    through: str = ""
    on: str = ""
    by: str = ""

    def words(self) -> str:
        """'by the role Approvers', 'given directly', 'granted on policies.service:7'."""
        if self.way == Way.SUPERUSER:
            return "as a superuser"
        if self.way == Way.GRANT:
            return f"granted on {self.on}" + (f" to the role {self.through}" if self.through else "")
        return f"by the role {self.through}" if self.way == Way.ROLE else "given directly"

    def as_plain(self) -> dict[str, str]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rights that must not meet. `key` is whatever the caller knows the pair by."""

    key: Any
    right_a: str
    right_b: str
    reach: str


@dataclass(frozen=True, slots=True)
class Hit:
    """Where both rights of a pair meet in one person: everywhere (''), or on one object."""

    pair: Any
    on: str
    a: tuple[Holding, ...]
    b: tuple[Holding, ...]


def hits(held: Iterable[Holding], pairs: Iterable[Pair]) -> list[Hit]:
    """Every pair that meets in who holds `held`. What must differ only on the same object may be held together: see the trail."""
    by_right: dict[str, list[Holding]] = {}
    for holding in sorted(set(held)):
        by_right.setdefault(holding.right, []).append(holding)
    found: list[Hit] = []
    for pair in pairs:
        a, b = by_right.get(pair.right_a, []), by_right.get(pair.right_b, [])
        if a and b and pair.reach != Reach.OBJECT:
            found += _anywhere(pair, a, b) if pair.reach == Reach.EVERYWHERE else _in_one_place(pair, a, b)
    return found


def completing(gained: Collection[str], held: Collection[str], pairs: Iterable[Pair]) -> set[str]:
    """Those of the rights `gained` that would make a pair with one `held`, or with another gained, wherever both are held."""
    together = {*gained, *held}
    withheld: set[str] = set()
    for pair in pairs:
        if pair.reach != Reach.OBJECT and EVERYTHING not in (pair.right_a, pair.right_b) and {pair.right_a, pair.right_b} <= together:
            withheld |= {right for right in (pair.right_a, pair.right_b) if right in gained and right not in held}
    return withheld


def _anywhere(pair: Pair, a: list[Holding], b: list[Holding]) -> list[Hit]:
    return [Hit(pair.key, "", tuple(a), tuple(b))]


def _in_one_place(pair: Pair, a: list[Holding], b: list[Holding]) -> list[Hit]:
    """A right held everywhere is held in every place; two grants meet only in the same one."""
    if any(one.on == "" for one in a) and any(one.on == "" for one in b):
        return _anywhere(pair, a, b)
    found = []
    for place in sorted({one.on for one in (*a, *b) if one.on}):
        here_a, here_b = (tuple(one for one in side if one.on in ("", place)) for side in (a, b))
        if here_a and here_b:
            found.append(Hit(pair.key, place, here_a, here_b))
    return found
