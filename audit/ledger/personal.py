"""Personal data in events: the event holds a commitment, the card beside the ledger what it stands for.

A commitment is HMAC-SHA256(salt, value) with 32 random bytes of salt that nobody can guess; it is hashed and sealed with the event. Whoever
has the card can check that it belongs to the event; when the card is erased, nothing leads back to the value and every proof stays valid.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from django.db import transaction

from .models import ForgottenSubject, PersonalCard

KEY = "sealed"
# In an event's details: whom its texts call {person:7}, by key.
PEOPLE = "named"
SALT_BYTES = 32
# Names and addresses in use fit many times over; what is forgotten is read again.
MOST_KNOWN = 20_000
PLAIN = frozenset({str, int, bool, type(None)})
# Of so many people all cards are read, for a database would look for each value at each of them.
MANY = 20
_known: dict["Personal", str] = {}


@dataclass(frozen=True, slots=True)
class Personal:
    """A value that is personal data of `subject`, such as 'person:7'."""

    subject: str
    value: str


def commitment(salt: bytes, value: str) -> str:
    return hmac.new(salt, value.encode("utf-8"), hashlib.sha256).hexdigest()


def with_seals(contents: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Copies of `contents` in which every Personal is sealed. Must run in the transaction of the events: it may have to write cards.

    Four queries at most, however many they are; none for what this process has seen committed.
    """
    contents = [dict(content) for content in contents]
    try:
        return [_with_seals(content, _known) for content in contents]
    except KeyError:
        tokens = _tokens_of({personal for content in contents for personal in _personals(content)})
        return [_with_seals(content, tokens) for content in contents]


def opened(contents: Iterable[Any]) -> list[Any]:
    """The same JSON with every commitment replaced by its value, or by 'erased'. One query for all."""
    contents = list(contents)
    tokens = {token for content in contents for token in _tokens(content)}
    values = dict(PersonalCard.objects.filter(token__in=tokens).values_list("token", "value")) if tokens else {}
    return [_opened(content, values) for content in contents]


def parsed(payloads: Iterable[str]) -> list[dict[str, Any]]:
    """Stored payloads as JSON, opened, with people's names in their texts."""
    return [_with_names(content) for content in opened(json.loads(payload) for payload in payloads)]


def placeholder(key: str) -> str:
    """What stands in a text instead of a person's name."""
    return f"{{person:{key}}}"


def _with_names(content: dict[str, Any]) -> dict[str, Any]:
    details = content.get("details")
    if not isinstance(details, dict) or not isinstance(details.get(PEOPLE), dict):
        return content
    names = {placeholder(key): str(name) for key, name in details[PEOPLE].items()}
    rest = {name: value for name, value in content.items() if name != "details"}
    others = {name: value for name, value in details.items() if name != PEOPLE}
    return cast("dict[str, Any]", _named(rest | ({"details": others} if others else {}), names))


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        if "{person:" in value:
            for place, name in names.items():
                value = value.replace(place, name)
        return value
    if isinstance(value, dict):
        return {name: _named(item, names) for name, item in value.items()}
    return [_named(item, names) for item in value] if isinstance(value, list) else value


def forget() -> None:
    """Forgets which cards this process has seen: they may have been erased."""
    _known.clear()


def _personals(value: Any) -> Iterable[Personal]:
    kind = type(value)
    if kind is Personal:
        yield value
    elif kind is list or kind is tuple or isinstance(value, Mapping):
        for item in value if kind is list or kind is tuple else value.values():
            if type(item) not in PLAIN:
                yield from _personals(item)


def _with_seals(value: Any, tokens: Mapping[Personal, str]) -> Any:
    kind = type(value)
    if kind is Personal:
        return {KEY: tokens[value]}
    # What is plain is most of an event; a call for each would cost more than all else here.
    if kind is dict:
        return {name: item if type(item) in PLAIN else _with_seals(item, tokens) for name, item in value.items()}
    if kind is list or kind is tuple:
        return [item if type(item) in PLAIN else _with_seals(item, tokens) for item in value]
    return value


def _tokens_of(wanted: set[Personal]) -> dict[Personal, str]:
    tokens = {personal: _known[personal] for personal in wanted if personal in _known}
    unknown = wanted - tokens.keys()
    if not unknown:
        return tokens
    found = _stored(unknown)
    missing = unknown - found.keys()
    if missing:
        found |= _written(missing)
    transaction.on_commit(partial(_remember, found), robust=True)
    return tokens | found


def _stored(wanted: set[Personal]) -> dict[Personal, str]:
    """The tokens of the cards that are there."""
    subjects = {one.subject for one in wanted}
    rows = PersonalCard.objects.filter(subject__in=subjects)
    if len(subjects) < MANY:
        rows = rows.filter(value__in={one.value for one in wanted})
    found = {Personal(subject, value): token for subject, value, token in rows.values_list("subject", "value", "token")}
    return {personal: token for personal, token in found.items() if personal in wanted}


def _written(missing: set[Personal]) -> dict[Personal, str]:
    """The tokens of new cards. Of somebody who was erased nothing is kept: what is said now is committed to, and nobody can open it."""
    made = [_card(personal) for personal in sorted(missing, key=lambda one: (one.subject, one.value))]
    forgotten = set(ForgottenSubject.objects.filter(subject__in={one.subject for one in missing}).values_list("subject", flat=True))
    # Somebody else may write the same card this moment; the constraint keeps one.
    PersonalCard.objects.bulk_create([card for card in made if card.subject not in forgotten], ignore_conflicts=True)
    return {Personal(card.subject, card.value): card.token for card in made} | _stored(missing)


def _card(personal: Personal) -> PersonalCard:
    salt = secrets.token_bytes(SALT_BYTES)
    return PersonalCard(token=commitment(salt, personal.value), subject=personal.subject, value=personal.value, salt=salt)


def _remember(tokens: Mapping[Personal, str]) -> None:
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    _known.update(tokens)


def _tokens(content: Any) -> Iterable[str]:
    if isinstance(content, dict):
        if _is_sealed(content):
            yield content[KEY]
        else:
            for item in content.values():
                yield from _tokens(item)
    elif isinstance(content, list):
        for item in content:
            yield from _tokens(item)


def _opened(content: Any, values: Mapping[str, str]) -> Any:
    if isinstance(content, dict):
        if _is_sealed(content):
            return values.get(content[KEY], "erased")
        return {name: _opened(item, values) for name, item in content.items()}
    if isinstance(content, list):
        return [_opened(item, values) for item in content]
    return content


def _is_sealed(content: dict[str, Any]) -> bool:
    return len(content) == 1 and isinstance(content.get(KEY), str)
