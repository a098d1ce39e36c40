"""Pages that only show."""

from typing import Any

from django.http import HttpRequest


class OnlyRead:
    """Nobody writes, changes or deletes by hand what happened, or what the portal made."""

    actions = None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
