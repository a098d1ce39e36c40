"""Rights over one object, kept by guardian."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from django.db import transaction
from django.db.models import Model
from guardian.shortcuts import assign_perm, remove_perm

from portal.foundation.registry import Registry

# Asked with the permission, its holder and its object before anything is given; refuses by raising.
before_granting: Registry[Callable[[str, Any, Model], None]] = Registry("question before a grant")
# What stands around giving and taking, inside one transaction; the audit trail registers its own at start.
around: Registry[Callable[[], AbstractContextManager[Any]]] = Registry("frame of a grant")


def grant(permission: str, holder: Any, subject: Model) -> None:
    """Gives `holder` (a user or a group) `permission` on `subject` alone. Raises NotAllowed where that would join duties that are kept apart."""
    with _framed():
        for _, ask in before_granting:
            ask(permission, holder, subject)
        assign_perm(permission, holder, subject)


def withdraw(permission: str, holder: Any, subject: Model) -> None:
    with _framed():
        remove_perm(permission, holder, subject)


@contextmanager
def _framed() -> Iterator[None]:
    with transaction.atomic(), ExitStack() as frames:
        for _, frame in around:
            frames.enter_context(frame())
        yield
