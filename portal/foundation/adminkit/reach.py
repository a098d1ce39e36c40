"""Pages that show each reader what is in their reach, and tell nothing of the rest: not by a filter, an order, a search or an address."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db import DataError, models
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from portal.foundation.access.checks import may, may_somewhere, visible_to
from portal.foundation.access.masks import masked_columns, masked_for, may_be_asked
from portal.foundation.access.places import PLACES, view_right


class InReach(ModelAdmin):
    """A list and pages of what this reader's roles and grants open, without the columns that are masked for them."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return self.in_reach(request, super().get_queryset(request))

    def in_reach(self, request: HttpRequest, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """What is out of this reader's reach does not exist: in the list, on pages, in the history, as a choice."""
        if self.sees_all(request) or self.model._meta.label_lower not in PLACES:
            return masked_for(request.user, rows)
        return visible_to(request.user, rows, view_right(self.model))

    def sees_all(self, request: HttpRequest) -> bool:
        """Whether this reader's roles open every row."""
        return bool(super().has_view_permission(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By role, or by a grant that reaches `obj`; of the list, by one that reaches anything."""
        if super().has_view_permission(request, obj):
            return True
        right = view_right(self.model)
        return may(request.user, right, obj) if obj is not None else may_somewhere(request.user, right)

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        """Filters by other things name all of them, so whoever sees only some gets those by the row's own columns."""
        hidden = masked_columns(request.user, self.model)
        found = [each for each in super().get_list_filter(request) if _column(each) not in hidden]
        return found if self.sees_all(request) else [each for each in found if self._is_own_column(each)]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """An address that asks for what is not shown would tell it."""
        if not may_be_asked(request.user if request is not None else None, self.model, lookup):
            return False
        return bool(super().lookup_allowed(lookup, value, request))

    def get_sortable_by(self, request: HttpRequest) -> Sequence[Any]:
        """So would the order of its rows."""
        hidden = masked_columns(request.user, self.model)
        found: Sequence[Any] = super().get_sortable_by(request)
        return [name for name in found if getattr(getattr(self, name, None), "admin_order_field", name) not in hidden] if hidden else found

    def _is_own_column(self, entry: Any) -> bool:
        return _column(entry) in {field.name for field in self.opts.fields if not field.is_relation}

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        hidden = masked_columns(request.user, self.model)
        return [name for name in super().get_search_fields(request) if name not in hidden]

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, DataError) as error:
            # A number in the address that no row can have; Django leads back to the list without it.
            raise IncorrectLookupParameters from error


def _column(entry: Any) -> str:
    """The column that a filter of a list asks about; empty for one that is a class of its own."""
    return entry if isinstance(entry, str) else entry[0] if isinstance(entry, tuple) else ""
