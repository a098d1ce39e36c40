"""The rows under a form: as many as were sent, and an empty one that new rows are copied from."""

import re
from typing import Any

from django.utils.functional import cached_property
from unfold.forms import PaginationInlineFormSet


class SentRows(PaginationInlineFormSet):
    """Draws no more rows than somebody sent, whatever number the form claims: a thousand blocks would keep the server busy for minutes."""

    def total_form_count(self) -> int:
        claimed: int = super().total_form_count()
        # One more than was sent is the row that a button asked for, or the one that is missing and has to be said.
        return min(claimed, self._sent + 1) if self.is_bound else claimed

    @cached_property
    def _sent(self) -> int:
        """Up to which number the data hold a row."""
        number = re.compile(rf"{re.escape(self.prefix)}-([0-9]{{1,9}})-")
        return max((int(found[1]) + 1 for found in map(number.match, self.data) if found), default=0)

    @cached_property
    def empty_form(self) -> Any:
        """Asked for six times while a page is made, and never filled."""
        return super().empty_form
