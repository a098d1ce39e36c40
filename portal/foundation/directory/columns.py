"""What a file of the CMDB says of people, whatever its format. Pure."""

import re
from dataclasses import dataclass, field

IDENTIFIERS = ("external_id", "username", "email")
# `email` says who is meant where nothing else does, and is a value like the others where something does.
VALUES = ("email", "name", "active", "time_zone", "manager", "skills", "languages")
# Where a column is empty, these are taken back; of the others an empty cell says nothing, as nobody is without a time zone.
MAY_BE_EMPTY = frozenset({"email", "manager", "skills", "languages"})
MOST_CONTACTS = 9
CONTACT_PARTS = ("channel", "label", "address")
CONTACT_COLUMN = re.compile(r"contact_([1-9])_(channel|label|address)", re.ASCII)
# Stands for an address that holds a token: it stays in the portal.
KEPT_HERE = "***"
# Addresses of these are data of a directory, such as telephone numbers; those of all others may hold tokens.
PUBLIC_CHANNELS = frozenset({"sms", "voice", "email"})


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact point as the file has it; its number is the order in which it is tried."""

    channel: str
    label: str
    address: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One person of a file. `place` is 'line 7' or 'person 3'.

    `values` holds the columns that say something; `contacts` the contact points the file speaks of by order, None where it says there is none.
    """

    place: str
    external_id: str = ""
    username: str = ""
    email: str = ""
    values: dict[str, str] = field(default_factory=dict)
    contacts: dict[int, Contact | None] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """How the file calls this person."""
        return self.values.get("name") or self.username or self.email or self.external_id


class Unreadable(Exception):
    """The file is not taken at all; `problems` are sentences, each with its place."""

    def __init__(self, *problems: str) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


def contact_field(order: int) -> str:
    """The name under which contact point number `order` is compared."""
    return f"contact {order}"


def columns(contacts: int = MOST_CONTACTS) -> tuple[str, ...]:
    """Every column of a CSV file with so many contact points a person."""
    points = tuple(f"contact_{order}_{part}" for order in range(1, contacts + 1) for part in CONTACT_PARTS)
    return (*IDENTIFIERS, *(name for name in VALUES if name not in IDENTIFIERS), *points)
