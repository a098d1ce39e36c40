"""The history page in words: nothing is 'nothing', not a deleted object without a name."""

from datetime import datetime, timedelta
from typing import Any

from simple_history.models import DeletedObject
from simple_history.template_utils import HistoricalRecordContextHelper

from portal.foundation import words

from .moments import written

# Reasons, hashes and frozen contents are long; the record itself shows them in full.
LONGEST_VALUE = 200


class HistoryInWords(HistoricalRecordContextHelper):
    """What the page shows of one change."""

    def __init__(self, model: Any, record: Any) -> None:
        super().__init__(model, record, max_displayed_delta_change_chars=LONGEST_VALUE)

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        if value is None or (isinstance(value, DeletedObject) and value.pk is None):
            return ""
        if isinstance(value, datetime):
            return written(value)
        if isinstance(value, timedelta):
            return words.duration(value)
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value)):
            return "set (the record shows it in full)"
        if isinstance(value, bool):
            return "yes" if value else "no"
        choices = dict(getattr(self.model._meta.get_field(change.field), "flatchoices", None) or ())
        if isinstance(value, str | int) and value in choices:
            return str(choices[value])
        return super().prepare_delta_change_value(change, value)
