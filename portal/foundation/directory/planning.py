"""Compares a file with what stands here: per person what differs, who decides it, and what cannot be used. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from portal.foundation.people.addresses import as_kept

from .checks import contact_problem, value_problem
from .columns import KEPT_HERE, Contact, Entry, contact_field
from .differences import DECIDABLE, NOTHING, Difference, Kind, Stated, Ways, differences, loops
from .known import INFORMATION_ONLY, Known, Person, load, stated_contact, stated_value
from .on_duty import on_duty

PROTECTED = frozenset({"active", "email", "manager"})
OVERTAKEN = "A newer file that names this person was applied meanwhile; what stands here no longer counts."


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """One person of the file. `theirs` is everything the file states that can be used; `values` and `contacts` are what to write."""

    person: Person
    entry: Entry
    theirs: dict[str, Stated]
    values: dict[str, str]
    contacts: dict[str, Contact | None]
    found: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a file says, compared. `strangers` are entries that mean nobody here, or nobody for sure, with the reason."""

    known: Known
    people: tuple[PersonPlan, ...]
    strangers: tuple[tuple[Entry, Difference], ...]

    @property
    def agreeing(self) -> int:
        return sum(not person.found for person in self.people)

    def count(self, *kinds: Kind) -> int:
        rows = [each.kind for person in self.people for each in person.found] + [each.kind for _, each in self.strangers]
        return sum(kind in kinds for kind in rows)


def make_plan(entries: Sequence[Entry], now: datetime, *, number: int | None = None) -> Plan:
    """`number` is the key of the file when it stands here already: people whom a newer file changed since are left alone."""
    known, duties = load(now), on_duty(now)
    people: list[PersonPlan] = []
    strangers: list[tuple[Entry, Difference]] = []
    meant: dict[int, str] = {}
    for entry in entries:
        person, problem = known.who(entry)
        if person is not None and meant.setdefault(person.key, entry.place) != entry.place:
            problem = f"{meant[person.key].capitalize()} means the same person."
        if person is None or problem:
            strangers.append((entry, _stranger(problem)))
        elif number is not None and person.agreed_with > number:
            people.append(PersonPlan(person, entry, {}, {}, {}, (Difference("", Kind.INVALID, words=OVERTAKEN),)))
        else:
            people.append(_compared(person, entry, known, duties.get(person.key, "")))
    return Plan(known, tuple(_without_loops(people, known)), tuple(strangers))


def _stranger(problem: str) -> Difference:
    if problem:
        return Difference("", Kind.INVALID, words=problem)
    return Difference(
        "", Kind.UNKNOWN, words="Nobody here has this external_id, username or e-mail address. Accounts are made by an administrator."
    )


def _compared(person: Person, entry: Entry, known: Known, duty: str) -> PersonPlan:
    ours = person.stated()
    values, refused = _usable_values(person, entry, known)
    contacts, unusable = _usable_contacts(person, entry)
    theirs = {name: stated_value(value) for name, value in values.items()}
    theirs |= {name: stated_contact(contact) if contact else NOTHING for name, contact in contacts.items()}
    found = differences(theirs, ours, person.agreed, _ways(person, contacts, duty))
    return PersonPlan(person, entry, theirs, values, contacts, (*found, *refused, *unusable))


def _usable_values(person: Person, entry: Entry, known: Known) -> tuple[dict[str, str], list[Difference]]:
    usable: dict[str, str] = {}
    refused = []
    for name, given in entry.values.items():
        value, problem = value_problem(name, given, person, known)
        mine = person.values[name]
        if not problem and value != mine and person.is_superuser and name in PROTECTED:
            problem = f"{name} of a superuser is changed by hand only."
        if problem and value != mine:
            refused.append(Difference(name, Kind.INVALID, stated_value(mine), stated_value(given), words=problem))
        else:
            usable[name] = value
    return usable, refused


def _usable_contacts(person: Person, entry: Entry) -> tuple[dict[str, Contact | None], list[Difference]]:
    usable: dict[str, Contact | None] = {}
    refused = []
    for order, told in sorted(entry.contacts.items()):
        mine = person.contacts.get(order)
        given = replace(told, address=as_kept(told.channel, told.address)) if told else None
        if given and mine and given.address == KEPT_HERE and given.channel == mine.channel:
            given = replace(given, address=mine.address)
        problem = contact_problem(given) if given and given != mine else ""
        if given and problem:
            ours = stated_contact(mine) if mine else NOTHING
            refused.append(Difference(contact_field(order), Kind.INVALID, ours, stated_contact(given), words=problem))
        elif given or mine or contact_field(order) in person.agreed:
            usable[contact_field(order)] = given
    return usable, refused


def _ways(person: Person, contacts: Mapping[str, Contact | None], duty: str) -> Ways:
    carrying = {order for order, contact in person.contacts.items() if contact.channel not in INFORMATION_ONLY}
    if person.values["active"] == "no":
        duty = ""
    moved = set()
    for order, mine in person.contacts.items():
        theirs = contacts.get(contact_field(order), mine)
        if theirs is None or (theirs.channel, theirs.address) != (mine.channel, mine.address):
            moved.add(contact_field(order))
    verified = {contact_field(order) for order in carrying & person.verified}
    return Ways(duty, frozenset(verified), frozenset({contact_field(order) for order in carrying} - verified), frozenset(moved))


def _without_loops(people: Sequence[PersonPlan], known: Known) -> list[PersonPlan]:
    """Managers who would manage each other are set aside, all of a circle."""
    after = {key: person.manager for key, person in known.people.items()}
    changed: dict[int, PersonPlan] = {}
    for each in people:
        if any(one.field == "manager" and one.kind in DECIDABLE for one in each.found):
            changed[each.person.key] = each
            above = known.find(each.values["manager"]) if each.values["manager"] else None
            after[each.person.key] = above.key if above else None
    words: dict[int, str] = {}
    for circle in loops(after) if changed else ():
        names = " → ".join(known.people[key].username if key in known.people else "?" for key in [*circle, circle[0]])
        words.update((key, f"These people would be each other's managers: {names}.") for key in circle if key in changed)
    return [_with_loop(each, words[each.person.key]) if each.person.key in words else each for each in people]


def _with_loop(each: PersonPlan, words: str) -> PersonPlan:
    found = tuple(replace(one, kind=Kind.INVALID, words=words) if one.field == "manager" else one for one in each.found)
    theirs = {name: value for name, value in each.theirs.items() if name != "manager"}
    return replace(each, found=found, theirs=theirs)
