"""Who may: here always a person. What the portal does by itself is only to carry out what two people decided."""

from typing import Any

from portal.foundation.access.checks import require
from portal.foundation.errors import NotAllowed


def require_person(actor: Any, permission: str, *, to: str) -> None:
    """As `require`, but that the portal itself (None) is refused, too."""
    if actor is None:
        raise NotAllowed(f"A person has to {to}.")
    require(actor, permission, to=to)
