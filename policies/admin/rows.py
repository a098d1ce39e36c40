"""The rows of a version's content as sections of its form: one section for each kind, folded, with the number of its rows."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextInputWidget

from portal.foundation.adminkit.bases import PortalInline, PortalStackedInline

from .choices import KeepsItsChoices, SharedChoices

GONE = (
    "A row of this section was removed by somebody else in the meantime. What you typed into it stands below, but cannot be saved: "
    "open the version again to see what it says now."
)


class ContentRow(KeepsItsChoices):
    """A row of a version's content. `clean_row` says at its fields what does not fit together."""

    def clean(self) -> Any:
        data = super().clean() or self.cleaned_data
        self.clean_row(data)
        return data

    def clean_row(self, data: dict[str, Any]) -> None:
        """Adds errors at the fields; `data` lacks what was wrong by itself."""

    def need(self, name: str, data: dict[str, Any], words: str) -> None:
        """Says `words` at the field when it is empty."""
        if name in self.fields and name not in self.errors and data.get(name) in (None, ""):
            self.add_error(name, words)

    def refuse(self, name: str, data: dict[str, Any], words: str) -> None:
        """Says `words` at the field when it is filled."""
        if name in self.fields and name not in self.errors and data.get(name) not in (None, ""):
            self.add_error(name, words)


class ContentRows(PaginationInlineFormSet):
    """Rows of a version, or of a row of a version. Rows that were fetched with their parent are not fetched again."""

    def get_queryset(self) -> Any:
        if not hasattr(self, "_queryset"):
            known = getattr(self.instance, "_prefetched_objects_cache", {}).get(self.fk.remote_field.get_accessor_name())
            self._queryset = list(known) if known is not None else super().get_queryset()
        return self._queryset

    def clean(self) -> None:
        super().clean()
        if any(form.instance.pk is None for form in self.initial_forms if form not in self.deleted_forms):
            raise ValidationError(GONE)


class Section(SharedChoices):
    """A section of the version's form. `about` stands above its rows, `when_empty` says what counts while there are none."""

    template = "policies/form_section.html"
    form: Any = ContentRow
    formset = ContentRows
    section = ""
    about = ""
    when_empty = ""
    together: Sequence[str] = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return found.select_related(*self.together) if self.together else found


class TableSection(Section, PortalInline):
    """Rows in a table."""

    hide_title = True


class BlockSection(Section, PortalStackedInline):
    """Rows in blocks, for what has many fields."""


class InnerTable(SharedChoices, PortalInline):
    """Rows in a table inside a block."""

    form = ContentRow
    formset = ContentRows


class DayField(forms.DateField):
    """A day in ISO 8601, as the browser's own picker wants it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = UnfoldAdminTextInputWidget(attrs={"type": "date"})
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if hasattr(value, "isoformat") else value
