"""What Django asks about rights, answered by the one rule."""

from collections.abc import Collection
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied

from .checks import may
from .held import rights_at_hand


class RightsBackend(ModelBackend):
    """Stands before guardian's, which knows of no end dates and of nobody who only looks."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> Collection[str]:  # type: ignore[override]
        if obj is not None or not user_obj.is_active or user_obj.is_anonymous:
            return set()
        return super().get_all_permissions(user_obj) if user_obj.is_superuser else rights_at_hand(user_obj)

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Of one object the answer is final: PermissionDenied keeps Django from asking further."""
        if obj is None:
            return bool(super().has_perm(user_obj, perm))
        if may(user_obj, perm, obj):
            return True
        raise PermissionDenied
