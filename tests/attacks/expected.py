"""What somebody may, worked out from the promise alone: by role, by superuser, by appointment and by grant."""

from functools import cache
from typing import NamedTuple

from .promise import HANGS, OPEN_LISTS, PAGES, ROLES, SEEN_BY_GRANT, VERBS, WORKED_BY_GRANT

ROOT, GONE = "root", ("gone", "gone root")
# By grant, on the objects of the first place: what it was given on, and whether it lets somebody work.
GRANTED = {
    "sees the unit": ("unit", False),
    "works the unit": ("unit", True),
    "sees the service": ("service", False),
    "works the service": ("service", True),
    "sees the incident": ("incident", False),
    "works the incident": ("incident", True),
}
# What a grant on a thing reaches: it, and what hangs below.
BELOW = {"unit": ("unit", "service", "incident"), "service": ("service", "incident"), "incident": ("incident",)}
AUDITS_ALL, AUDITS_UNIT = "audits everything", "audits the unit"
REACHED = "cards"


class Page(NamedTuple):
    """Who may what with rows of a kind, in letters."""

    see: str
    add: str
    change: str
    delete: str


@cache
def pages() -> dict[str, Page]:
    return {line.split()[0]: Page(*line.split()[1:]) for line in PAGES.strip().splitlines()}


@cache
def verbs() -> dict[tuple[str, str], str]:
    return {(label, verb): letters for label, verb, letters in (line.split() for line in VERBS.strip().splitlines())}


def among(actor: str, letters: str) -> bool:
    """Whether `actor` is meant by `letters`, by role."""
    if actor in GONE or letters == "-":
        return False
    if letters == "all":
        return True
    if actor == ROOT:
        return "!" not in letters
    return ROLES.get("auditor" if actor == AUDITS_ALL else actor, "?") in letters


def sees(actor: str, label: str, place: str) -> bool:
    """Whether rows of this kind at this place are there for `actor`."""
    if among(actor, pages()[label].see):
        return True
    hangs = HANGS.get(label, "")
    if place != REACHED:
        return False
    if actor == AUDITS_UNIT:
        return hangs in BELOW["unit"] and "X" in pages()[label].see
    given = GRANTED.get(actor)
    return given is not None and label in SEEN_BY_GRANT and hangs in BELOW[given[0]]


def changes(actor: str, label: str, what: str) -> bool:
    """Whether `actor` may 'change' or 'delete' rows of this kind; no grant lets anybody."""
    return among(actor, getattr(pages()[label], what))


def presses(actor: str, label: str, verb: str, place: str) -> bool:
    """Whether `actor` may press a verb on rows of this kind at this place."""
    if not sees(actor, label, place):
        return False
    given = GRANTED.get(actor)
    works = bool(given and given[1] and label == "incidents.incident" and verb in WORKED_BY_GRANT)
    return works or among(actor, verbs()[label, verb])


def opens(actor: str, label: str) -> bool:
    """Whether the list opens."""
    if among(actor, OPEN_LISTS.get(label, "-")) or among(actor, pages()[label].see):
        return True
    return any(sees(actor, label, place) for place in (REACHED,))


def adds(actor: str, label: str) -> bool:
    """Whether `actor` may add a row of this kind anywhere."""
    if among(actor, pages()[label].add):
        return True
    given = GRANTED.get(actor)
    if not given or not given[1]:
        return False
    # Where a service is in reach there is something to open an incident for.
    return label == "incidents.incident" and given[0] != "incident"
