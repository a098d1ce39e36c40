"""The history page in words: nothing is 'nothing', not a deleted object without a name."""

from typing import Any

from simple_history.models import DeletedObject
from simple_history.template_utils import HistoricalRecordContextHelper

# Reasons, hashes and frozen contents are long; the record itself shows them in full.
LONGEST_VALUE = 200


class HistoryInWords(HistoricalRecordContextHelper):
    """What the page shows of one change."""

    def __init__(self, model: Any, record: Any) -> None:
        super().__init__(model, record, max_displayed_delta_change_chars=LONGEST_VALUE)

    def prepare_delta_change_value(self, change: Any, value: Any) -> Any:
        if value is None or (isinstance(value, DeletedObject) and value.pk is None):
            return ""
        return super().prepare_delta_change_value(change, value)
