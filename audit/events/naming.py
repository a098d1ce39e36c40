"""People's names inside the texts of events. A text says {person:7}, and beside it the event tells, sealed, who that is.

So a name can be erased from every sentence that it stood in, and the sentences stay. Only people whom the event knows of are found: its actor,
its object, whom the changed rows point at, and whom a service mentions. What somebody types as a reason is their own words.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Model

from audit.ledger.personal import PEOPLE, Personal, placeholder

# Columns that are personal data, by model, and the column that says whose.
COLUMNS: dict[str, tuple[str, frozenset[str]]] = {
    "portal.user": ("id", frozenset({"username", "display_name", "email", "first_name", "last_name"})),
    "portal.contactpoint": ("person_id", frozenset({"label", "address"})),
}
TEXTS = ("why", "details", "decision")
# Of an object or a changed row; what else is said of it is for machines.
TEXTS_OF_A_ROW = ("repr", "before", "after")


def about_person(key: Any) -> str:
    """Whose personal data something is: the account's primary key."""
    return f"person:{key}"


def personal_columns(label: str, values: Mapping[str, Any], owner: Any) -> dict[str, Any]:
    """A row's values with those sealed that are personal data. `owner` is the account's key, where the values do not say it."""
    _, columns = COLUMNS.get(label, ("", frozenset()))
    about = about_person(owner)
    return {name: Personal(about, value) if name in columns and type(value) is str and value else value for name, value in values.items()}


def owner_of(label: str, instance: Any) -> Any:
    column, _ = COLUMNS.get(label, ("pk", frozenset()))
    return getattr(instance, column, None)


def people_of(thing: Model | None) -> dict[str, str]:
    """The people that `thing` is or points at, as far as they are read already."""
    if thing is None:
        return {}
    if isinstance(thing, AbstractBaseUser):
        return {str(thing.pk): str(thing)}
    near = thing._state.fields_cache.values()
    return {str(one.pk): str(one) for one in near if isinstance(one, AbstractBaseUser)}


def name_people(event: dict[str, Any], people: Mapping[str, str]) -> dict[str, Any]:
    """`event` with these people (names by key) called by their keys in every text, and told once, sealed, in its details."""
    known = {name: key for key, name in people.items() if len(name) > 1}
    if not known:
        return event
    called = _Called(known)
    named = {part: called.within(value) if part in TEXTS else value for part, value in event.items()}
    if "obj" in named:
        named["obj"] = called.of_row(named["obj"])
    if "changes" in named:
        named["changes"] = [called.of_row(change) for change in named["changes"]]
    if called.used:
        told = {key: Personal(about_person(key), people[key]) for key in sorted(called.used)}
        named["details"] = {**named.get("details", {}), PEOPLE: told}
    return named


class _Called:
    """Replaces names, and keeps count of whose."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known, self.used = known, set[str]()

    def within(self, value: Any) -> Any:
        kind = type(value)
        if kind is str:
            return self._within_text(value)
        if kind is dict:
            return {name: self.within(item) for name, item in value.items()}
        if kind is list or kind is tuple:
            return [self.within(item) for item in value]
        return value

    def of_row(self, row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.within(value) if name in TEXTS_OF_A_ROW else value for name, value in row.items()}

    def _within_text(self, text: str) -> str:
        if text in self.known:
            return self._placeholder(text)
        if any(name in text for name in self.known):
            names = _names(tuple(sorted(self.known, key=len, reverse=True)))
            return names.sub(lambda found: self._placeholder(found.group()), text)
        # Nearly every text. An expression of names would have to be put together for each event of an import.
        return text

    def _placeholder(self, name: str) -> str:
        key = self.known[name]
        self.used.add(key)
        return placeholder(key)


@lru_cache(maxsize=4096)
def _names(names: tuple[str, ...]) -> re.Pattern[str]:
    """Whole names only: 'Al' is not in 'Alarm'. Longer ones first."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)")
