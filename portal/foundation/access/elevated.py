"""Rights that somebody holds for minutes: asked each time that a right is asked for, so that they end at the minute and not by a job."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.foundation import clock
from portal.foundation.registry import Registry

from .held import rights_at_hand

MAY_ELEVATE = "audit.start_elevation"


@dataclass(frozen=True, slots=True)
class Elevated:
    """A role that a person has until an instant, and the rights that come with it."""

    key: int
    role: str
    rights: frozenset[str]
    until: datetime


# Who knows of it: called with an account, answers with what runs now. The audit trail registers its own at start.
running: Registry[Callable[[Any, datetime], Elevated | None]] = Registry("who knows who is elevated")


def elevated(actor: Any) -> Elevated | None:
    """What `actor` has for minutes, if anything. One query for those who may have, at the first question of a request; none for all others."""
    if actor is None or not getattr(actor, "pk", None) or not actor.is_active or actor.is_superuser:
        return None
    if MAY_ELEVATE not in rights_at_hand(actor):
        return None
    # Django asks without telling the time, and a request that lasts must not outlast the minute.
    now = clock.now()
    if not hasattr(actor, "_elevated"):
        known = (ask(actor, now) for _, ask in running)
        actor._elevated = next((one for one in known if one is not None), None)
    found: Elevated | None = actor._elevated
    return found if found is not None and now < found.until else None


def forget(actor: Any) -> None:
    """Asks anew at the next question: something began or ended."""
    if hasattr(actor, "_elevated"):
        del actor._elevated


@contextmanager
def for_good(actor: Any) -> Iterator[None]:
    """Inside, `actor` holds what they hold for good: nobody hands on what they have for minutes."""
    found = elevated(actor)
    if found is None:
        yield
        return
    actor._elevated = None
    try:
        yield
    finally:
        actor._elevated = found


def mark_of(actor: Any) -> str:
    """The key of what `actor` does this in, for its event; empty for nearly everybody, of whom nothing is asked."""
    known = getattr(actor, "_perm_cache", None)
    found = elevated(actor) if known and MAY_ELEVATE in known else None
    return str(found.key) if found is not None else ""
