"""What the portal knows of everybody who has an account, as the CMDB would say it. Three queries, however many people."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from portal.foundation.people.models import ContactPoint, User
from portal.foundation.people.wanted import items

from .columns import MOST_CONTACTS, Contact, Entry, contact_field
from .differences import NOTHING, Stated
from .masking import mark_of, shown_contact
from .models import DirectoryEntry

CHANNELS = {value: str(label) for value, label in ContactPoint.Channel.choices}
# An address among these carries no alert, so losing it leaves nobody unreachable.
INFORMATION_ONLY = frozenset({ContactPoint.Channel.EMAIL.value})


@dataclass(frozen=True, slots=True)
class Person:
    """One account. `contacts` are those in use by order; `verified` the orders of those that were answered from and still count."""

    key: int
    username: str
    called: str
    is_superuser: bool
    manager: int | None
    values: dict[str, str]
    contacts: dict[int, Contact]
    verified: frozenset[int]
    external_id: str = ""
    agreed: dict[str, Stated] = field(default_factory=dict)
    agreed_with: int = 0
    sent_mark: str = ""

    def stated(self) -> dict[str, Stated]:
        """Every field as it is compared."""
        points = {contact_field(order): stated_contact(contact) for order, contact in self.contacts.items()}
        return {name: stated_value(value) for name, value in self.values.items()} | points

    def as_entry(self) -> Entry:
        """What an export says of this person."""
        values = {**self.values, "name": self.values["name"] or self.called}
        return Entry("", self.external_id, self.username, self.values["email"], values, dict(self.contacts))


@dataclass(slots=True)
class Known:
    """Everybody, and the ways to find them."""

    people: dict[int, Person]
    by_external_id: dict[str, int] = field(default_factory=dict)
    by_username: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_email: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def find(self, text: str) -> Person | None:
        """The one person with this external id, username or e-mail address; None when there is none or more than one."""
        external = self.by_external_id.get(text)
        if external is not None:
            return self.people[external]
        return self._by_username(text) or self._only(self.by_email.get(text.casefold(), []))

    def who(self, entry: Entry) -> tuple[Person | None, str]:
        """Whom `entry` means. The second part says what is wrong, when it means two people or nobody for sure."""
        by_id = self.people.get(self.by_external_id.get(entry.external_id, 0)) if entry.external_id else None
        by_name = self._by_username(entry.username) if entry.username else None
        if by_id and entry.username and by_name is not by_id:
            return None, f"external_id and username name different people: {by_id.username} and {entry.username}."
        found = by_id or by_name
        if found is None and not entry.username and entry.email:
            namesakes = self.by_email.get(entry.email.casefold(), [])
            if len(namesakes) > 1:
                return None, "More than one account has this e-mail address. Give the username."
            found = self._only(namesakes)
        if found and entry.external_id and found.external_id not in {"", entry.external_id}:
            return None, f"{found.username} is known under another external_id. Correct it in the CMDB, or ask an administrator."
        return found, ""

    def _by_username(self, name: str) -> Person | None:
        found = self.by_username.get(name.casefold(), [])
        exact = [key for key in found if self.people[key].username == name]
        return self._only(exact or found)

    def _only(self, keys: list[int]) -> Person | None:
        return self.people[keys[0]] if len(keys) == 1 else None


def load(now: datetime) -> Known:
    """Everybody with an account made here; people who are only named in imported logs are not among them."""
    points, verified = _contacts(now)
    entries = {entry.person_id: entry for entry in DirectoryEntry.objects.all()}
    users = list(User.objects.filter(origin=User.Origin.PORTAL).order_by("pk"))
    names = {user.pk: user.username for user in users}
    known = Known({user.pk: _person(user, names, points, verified, entries.get(user.pk)) for user in users})
    for key, person in known.people.items():
        if person.external_id:
            known.by_external_id[person.external_id] = key
        known.by_username[person.username.casefold()].append(key)
        if person.values["email"]:
            known.by_email[person.values["email"].casefold()].append(key)
    return known


def _contacts(now: datetime) -> tuple[dict[int, dict[int, Contact]], dict[int, set[int]]]:
    points: dict[int, dict[int, Contact]] = defaultdict(dict)
    verified: dict[int, set[int]] = defaultdict(set)
    for point in ContactPoint.objects.filter(active=True, order__gte=1, order__lte=MOST_CONTACTS):
        points[point.person_id][point.order] = Contact(point.channel, point.label, point.address)
        if point.verified(now):
            verified[point.person_id].add(point.order)
    return points, verified


def _person(
    user: User, names: dict[int, str], points: dict[int, dict[int, Contact]], verified: dict[int, set[int]], entry: DirectoryEntry | None
) -> Person:
    values = {
        "email": user.email,
        "name": user.display_name,
        "active": "yes" if user.is_active else "no",
        "time_zone": user.time_zone,
        "manager": names.get(user.manager_id or 0, ""),
        "skills": ", ".join(items(user.skills)),
        "languages": ", ".join(items(user.languages)),
    }
    return Person(
        key=user.pk,
        username=user.username,
        called=str(user),
        is_superuser=user.is_superuser,
        manager=user.manager_id,
        values=values,
        contacts=points.get(user.pk, {}),
        verified=frozenset(verified.get(user.pk, ())),
        external_id=entry.external_id if entry else "",
        agreed={name: Stated(*pair) for name, pair in entry.agreed.items()} if entry else {},
        agreed_with=(entry.agreed_with_id or 0) if entry else 0,
        sent_mark=entry.sent_mark if entry else "",
    )


def stated_value(text: str) -> Stated:
    return Stated(text, text) if text else NOTHING


def stated_contact(contact: Contact) -> Stated:
    return Stated(mark_of(contact), shown_contact(contact, CHANNELS))
