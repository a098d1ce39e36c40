"""What a thing was: its history in words, open to whoever the thing is open to, and never written back."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin
from simple_history.models import ModelChange
from unfold.admin import ModelAdmin

from portal.foundation.access.masks import masked_columns

from .histories import HistoryInWords


class HistoryPages(SimpleHistoryAdmin, ModelAdmin):
    """The history of what `InReach` shows this reader."""

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was is never written over what is."""
        return True

    def set_history_delta_changes(self, request: HttpRequest, historical_records: Any, foreign_keys_are_objs: bool = True) -> None:
        """Fields that no form edits, such as an incident's state, are what a history is read for."""
        records = list(historical_records)
        for record, older in pairwise(records):
            delta = record.diff_against(older, foreign_keys_are_objs=foreign_keys_are_objs)
            delta.changes.extend(_unedited_changes(older, record))
            words = self.get_historical_record_context_helper(request, record)
            record.history_delta_changes = words.context_for_delta_changes(delta)

    def get_historical_record_context_helper(self, request: HttpRequest, historical_record: Any) -> HistoryInWords:
        return HistoryInWords(self.model, historical_record)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._require_reach(request, object_id)
        answer: HttpResponse = super().history_view(request, object_id, extra_context)
        return answer

    def has_history(self, request: HttpRequest) -> bool:
        """What never changes has none, and where columns are masked it would tell them."""
        return hasattr(self.opts, "simple_history_manager_attribute") and not masked_columns(request.user, self.model)

    def _require_reach(self, request: HttpRequest, object_id: str) -> None:
        """The history of what is gone stays open to whoever sees all; for the others what is out of reach never was."""
        if not self.has_history(request):
            raise Http404
        if not self.sees_all(request) and self.get_object(request, unquote(object_id)) is None:
            raise Http404

    def history_form_view(self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None) -> HttpResponse:
        self._require_reach(request, object_id)
        if request.method != "GET":
            raise PermissionDenied
        request.portal_looks_back = True  # type: ignore[attr-defined]
        answer: HttpResponse = super().history_form_view(request, object_id, version_id, extra_context)
        return answer


def _unedited_changes(older: Any, record: Any) -> Iterator[ModelChange]:
    for field in older.tracked_fields:
        if not field.editable and not field.primary_key and getattr(older, field.attname) != getattr(record, field.attname):
            yield ModelChange(field.name, getattr(older, field.name), getattr(record, field.name))
