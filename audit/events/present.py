"""Who is at it now: the request that is being answered, and the person that a background job was asked for by."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest

from audit.ledger.personal import Personal

from .naming import about_person

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)
# `id` and `name` of a person, as a task carries them.
_behalf: ContextVar[Mapping[str, str] | None] = ContextVar("on behalf of", default=None)
IN_TASK = "on_behalf_of"


@contextmanager
def answering(request: HttpRequest) -> Iterator[None]:
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def present_person() -> Any:
    """Who sent the request that is being answered, by session or token; None where there is none or nobody has signed in."""
    request = _request.get()
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def on_behalf_of() -> dict[str, Any] | None:
    """Whom the running job works for, as an event tells it."""
    behalf = _behalf.get()
    return {"id": behalf["id"], "name": Personal(about_person(behalf["id"]), behalf["name"])} if behalf else None


def sign_task(sender: Any, task: dict[str, Any], **kwargs: Any) -> None:
    """A task that is queued takes along who asked for it; the queue signs tasks as a whole."""
    behalf = _behalf.get()
    person = present_person()
    if person is not None:
        behalf = {"id": str(person.pk), "name": str(person)}
    if behalf:
        task[IN_TASK] = dict(behalf)


def begin_task(sender: Any, task: dict[str, Any], **kwargs: Any) -> None:
    """In the worker, before the task; also for one that nobody asked for, as the worker goes from task to task."""
    _behalf.set(task.get(IN_TASK))


def end_task(sender: Any, task: dict[str, Any], **kwargs: Any) -> None:
    _behalf.set(None)
