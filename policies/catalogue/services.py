"""Taking a thing out of the catalogue that nothing names any more."""

from datetime import datetime
from typing import Any

from django.db.models import Model, ProtectedError

from audit.events.services import act
from portal.foundation import words
from portal.foundation.access.checks import require
from portal.foundation.base_models import delete_tracked
from portal.foundation.errors import InvalidInput, WrongState
from portal.foundation.words import visible

SHOWN = 3


def remove(thing: Model, *, actor: Any, now: datetime, reason: str) -> None:
    """Deletes `thing`; its history stays. Raises WrongState, naming what still uses it, and InvalidInput without a reason."""
    name = thing._meta.model_name
    require(actor, f"{thing._meta.app_label}.delete_{name}", thing, to=f"delete {thing}")
    if not visible(reason):
        raise InvalidInput("Say in a sentence why it goes.", {"reason": ["Say in a sentence why it goes."]})
    key = thing.pk
    with act(f"{name}.removed", actor=actor, now=now, subject=thing, why=visible(reason)):
        try:
            delete_tracked(thing, actor=actor, now=now, reason=visible(reason))
        except ProtectedError as error:
            raise WrongState(in_use(thing, [_place(row) for row in error.protected_objects])) from None
        # The event names what went, by the key it had.
        thing.pk = key


def in_use(thing: Model, places: list[str]) -> str:
    """'Madrid is still used: level 2 of Payments v3. …' for a refusal; old versions count, since they must stay readable."""
    told = sorted(set(places))
    more = f" and {words.counted(len(told) - SHOWN, 'other place')}" if len(told) > SHOWN else ""
    return (
        f"'{thing}' is still used by {'; '.join(told[:SHOWN])}{more}, so it cannot be deleted. "
        "Versions of policies keep what they name, also when they are no longer in force; rename it, or leave it."
    )


def _place(row: Any) -> str:
    # A row of a version, or a row of a level of one.
    version = getattr(row, "version", None) or getattr(getattr(row, "level", None), "version", None)
    return f"{row._meta.verbose_name} '{row}'" + (f" of {version}" if version is not None else "")
