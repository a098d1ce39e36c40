"""Whether a value of the CMDB can stand here: the same rules as for what people type."""

from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError

from portal.foundation.channels.base import check_address
from portal.foundation.errors import InvalidInput
from portal.foundation.people.models import ContactPoint, User
from portal.foundation.people.wanted import items

from .columns import KEPT_HERE, Contact
from .known import CHANNELS, Known, Person

_MODEL_FIELDS = {"name": "display_name"}
_LISTS = frozenset({"skills", "languages"})


def value_problem(name: str, given: str, person: Person, known: Known) -> tuple[str, str]:
    """The value as it would stand here, and what is wrong with it; empty when nothing is."""
    if name == "manager":
        return _manager(given, person, known) if given else ("", "")
    value = ", ".join(items(given)) if name in _LISTS else given
    if name == "active" or not value or value == person.values[name]:
        return value, ""
    return value, _field_problem(_MODEL_FIELDS.get(name, name), value)


@lru_cache(maxsize=4096)
def _field_problem(name: str, value: str) -> str:
    """What the field's own rules say. Kept, for the names of time zones are read from disk each time and a file repeats them."""
    field: Any = User._meta.get_field(name)
    try:
        field.run_validators(value)
    except ValidationError as error:
        return " ".join(str(message) for message in error.messages)
    return ""


def _manager(given: str, person: Person, known: Known) -> tuple[str, str]:
    manager = known.find(given)
    if manager is None:
        return given, f"No one person here is '{given[:80]}', by external_id, username or e-mail address."
    if manager.key == person.key:
        return manager.username, "Nobody is their own manager."
    return manager.username, ""


def contact_problem(contact: Contact) -> str:
    """What is wrong with a contact point, in words that do not repeat its address; empty when nothing is."""
    if contact.channel not in CHANNELS:
        return f"'{contact.channel[:20]}' is no channel. Known: {', '.join(CHANNELS)}."
    if not contact.label or not contact.address:
        return "A contact point has a channel, a label and an address."
    if len(contact.label) > ContactPoint._meta.get_field("label").max_length:  # type: ignore[operator]
        return "The label is longer than 80 characters."
    if contact.address == KEPT_HERE:
        return f"{KEPT_HERE} stands for an address that is kept here, but there is none of this channel."
    try:
        check_address(contact.channel, contact.address)
    except InvalidInput as error:
        return error.message
    return ""
