"""`act()`: the frame of every service. One transaction, one audit event, and every governed row that changed inside it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from audit.ledger.personal import Personal
from audit.ledger.services import append, append_all
from portal.foundation.access.elevated import mark_of
from portal.foundation.one_transaction import part
from portal.foundation.request_context import current_origin

from .covering import covered
from .naming import about_person, name_people, people_of
from .present import on_behalf_of
from .unwritable import or_nothing


@dataclass(slots=True)
class Act:
    """What the running service has done so far. A service may set `subject` late (a new row) and add `details` and `decision`."""

    verb: str
    actor: Any
    subject: models.Model | None
    now: datetime
    why: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    decision: dict[str, Any] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    # Names by key of those whom texts of the event may name, beside its actor and its object.
    people: dict[str, str] = field(default_factory=dict)
    silent: bool = False

    def nothing_happened(self) -> None:
        """A repeat that found nothing to do leaves no event."""
        self.silent = True


_running: ContextVar[Act | None] = ContextVar("act", default=None)


def running_act() -> Act | None:
    return _running.get()


def mention(*people: Any) -> None:
    """Says whom the running act's event may name, so that the names in its texts can be erased."""
    running = _running.get()
    if running is not None:
        running.people |= {str(person.pk): str(person) for person in people if person is not None}


@contextmanager
def act(verb: str, *, actor: Any, now: datetime, subject: models.Model | None = None, why: str = "") -> Iterator[Act]:
    """Runs the block in one transaction and records it as one event of type `verb` (such as 'incident.acknowledged').

    `actor` is a user, or None for the engine. Changes of governed rows inside are added with before and after. When the block
    raises, neither the changes nor the event remain. Raises TrailUnavailable when the event cannot be written.
    """
    with part(), covered():
        running = Act(verb, actor, subject, now, why)
        token = _running.set(running)
        try:
            yield running
        finally:
            _running.reset(token)
        if not running.silent or running.changes:
            with or_nothing():
                append(as_event(running), now=now)


def record(acts: Sequence[Act], *, now: datetime) -> None:
    """Records acts that were carried out together, each as an event of its own, in the running transaction and one statement.

    For work in batches, which changes no governed row; everything else is done inside `act`.
    """
    if acts:
        with or_nothing():
            append_all([as_event(one) for one in acts], now=now)


def as_event(running: Act) -> Mapping[str, Any]:
    origin = current_origin()
    event: dict[str, Any] = {
        "type": running.verb,
        "actor": actor_as_recorded(running.actor, origin.channel),
        "ctx": {"channel": origin.channel, "request_id": origin.request_id, "ip": _address(running.actor, origin.address)},
        "why": running.why,
    }
    if origin.token:
        event["ctx"]["token"] = origin.token
    if running.actor is not None and (elevation := mark_of(running.actor)):
        event["ctx"]["elevation"] = elevation
    if running.subject is not None:
        event["obj"] = object_as_recorded(running.subject)
    for name in ("details", "decision", "changes"):
        if getattr(running, name):
            event[name] = getattr(running, name)
    return name_people(event, running.people | people_of(running.actor) | people_of(running.subject))


def actor_as_recorded(actor: Any, channel: str) -> dict[str, Any]:
    """The actor's name as it was: renaming or removing the account later changes no event."""
    if actor is None:
        behalf = on_behalf_of()
        return {"id": "", "name": channel, "kind": "system"} | ({"on_behalf_of": behalf} if behalf else {})
    about = about_person(actor.pk)
    return {
        "id": str(actor.pk),
        "name": Personal(about, str(actor)),
        "username": Personal(about, actor.get_username()),
        "kind": "person",
    }


def object_as_recorded(subject: models.Model) -> dict[str, Any]:
    """An account is called by its person's name, which can be erased; everything else by its own."""
    name: Any = str(subject)[:200]
    if isinstance(subject, AbstractBaseUser):
        name = Personal(about_person(subject.pk), name)
    return {"model": subject._meta.label_lower, "pk": str(subject.pk), "repr": name}


def _address(actor: Any, address: str | None) -> Any:
    """The address somebody acted from is theirs; a stranger's stays as it is, for there is nobody who could ask for its erasure."""
    return Personal(about_person(actor.pk), address) if actor is not None and address else address
