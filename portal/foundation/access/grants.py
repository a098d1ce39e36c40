"""Rights over one object, kept by guardian."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from django.db import transaction
from django.db.models import Model
from guardian.shortcuts import assign_perm, remove_perm

from portal.foundation.registry import Registry

# What stands around giving and taking, inside one transaction; the audit trail registers its own at start.
around: Registry[Callable[[], AbstractContextManager[Any]]] = Registry("frame of a grant")


def grant(permission: str, holder: Any, subject: Model) -> None:
    """Gives `holder` (a user or a group) `permission` on `subject` alone."""
    with _framed():
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
