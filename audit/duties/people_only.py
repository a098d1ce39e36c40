"""What every verb here asks first: a person with the right, who says why."""

from typing import Any

from portal.foundation.access.checks import require
from portal.foundation.errors import InvalidInput, NotAllowed
from portal.foundation.words import visible


def require_person(actor: Any, permission: str, *, to: str) -> None:
    """As `require`, but that the portal itself (None) is refused, too."""
    if actor is None:
        raise NotAllowed(f"A person has to {to}.")
    require(actor, permission, to=to)


def said(reason: str) -> str:
    """`reason` without blanks around it. Raises InvalidInput when nothing is left."""
    words = visible(reason)
    if not words:
        raise InvalidInput("Say why, in a sentence.", {"reason": ["Say why, in a sentence."]})
    return words
