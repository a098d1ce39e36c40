"""The rows of a version's content as sections of its form: one section for each kind, folded, with the number of its rows."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from portal.foundation.adminkit.bases import PortalInline, PortalStackedInline
from portal.foundation.adminkit.sent_rows import SentRows

from .choices import KeepsItsChoices, SharedChoices

GONE = (
    "A row of this section was removed by somebody else in the meantime. What you typed into it stands below, but cannot be saved: "
    "open the version again to see what it says now."
)


class ContentRow(KeepsItsChoices):
    """A row of a version's content. `clean_row` says at its fields what does not fit together."""

    @property
    def media(self) -> forms.Media:
        """The same for every row of a kind, and asked of each: gathered once for its class, which lives as long as the page is made."""
        kind: Any = type(self)
        if "gathered_media" not in vars(kind):
            kind.gathered_media = super().media
        return kind.gathered_media  # type: ignore[no-any-return]

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


class ContentRows(SentRows):
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
    """Rows in a table inside a block. Twenty blocks have twenty tables of the same kind, which is made once for a page."""

    form = ContentRow
    formset = ContentRows

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        store = request.__dict__.setdefault("inner_tables", {})
        if type(self) not in store:
            store[type(self)] = super().get_formset(request, obj, **kwargs)
        return store[type(self)]


class DayField(forms.DateField):
    """A day in ISO 8601, as the browser's own picker wants it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = UnfoldAdminTextInputWidget(attrs={"type": "date"})
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if hasattr(value, "isoformat") else value
