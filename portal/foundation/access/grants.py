"""Rights over one object, kept by guardian."""

from typing import Any

from django.db.models import Model
from guardian.shortcuts import assign_perm, remove_perm


def grant(permission: str, holder: Any, subject: Model) -> None:
    """Gives `holder` (a user or a group) `permission` on `subject` alone."""
    assign_perm(permission, holder, subject)


def withdraw(permission: str, holder: Any, subject: Model) -> None:
    remove_perm(permission, holder, subject)
