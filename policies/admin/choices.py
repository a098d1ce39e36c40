"""Selects of related things that stand many times on one page: their rows are fetched once, and their options written once."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms.models import ModelChoiceIterator
from django.forms.utils import flatatt
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from unfold.widgets import UnfoldAdminSelectWidget


class Choices:
    """The rows of `queryset` and their options as HTML, both made when they are first asked for."""

    def __init__(self, queryset: QuerySet[Any]) -> None:
        self.queryset = queryset

    @cached_property
    def rows(self) -> dict[str, Model]:
        return {str(row.pk): row for row in self.queryset}

    @cached_property
    def options(self) -> SafeString:
        return options_of({key: str(row) for key, row in self.rows.items()})


def options_of(labels: dict[str, str]) -> SafeString:
    """`<option>` for each value and label, none of them selected."""
    return mark_safe("".join(f'<option value="{escape(value)}">{conditional_escape(label)}</option>' for value, label in labels.items()))  # noqa: S308


class SharedIterator(ModelChoiceIterator):
    """Goes through the shared rows instead of asking the database."""

    field: Any

    def __iter__(self) -> Any:
        if self.field.empty_label is not None:
            yield ("", self.field.empty_label)
        for row in self.field.known().values():
            yield self.choice(row)

    def __len__(self) -> int:
        return len(self.field.known()) + (self.field.empty_label is not None)


class SharedSelect(UnfoldAdminSelectWidget):
    """The theme's select, written without a template for each option: a page may have thousands."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        shown: Any = self.choices
        field = shown.field
        empty = "" if field.empty_label is None else format_html('<option value="">{}</option>', field.empty_label)
        options = field.shared.options + options_of({key: f"{row} (no longer to be chosen)" for key, row in field.besides.items()})
        chosen = f'<option value="{escape("" if value is None else value)}"'
        marked = mark_safe((empty + options).replace(chosen, f"{chosen} selected", 1))  # noqa: S308
        return format_html(
            '<div class="grow relative max-w-2xl"><select name="{}"{}>{}</select><span class="material-symbols-outlined pf-chevron">expand_more</span></div>',
            name,
            flatatt(self.build_attrs(self.attrs, attrs)),
            marked,
        )


class SharedChoiceField(forms.ModelChoiceField):
    """A choice of a related thing from shared rows. `besides` holds what this row has already and nobody can newly choose."""

    iterator = SharedIterator
    shared: Choices

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.besides: dict[str, Model] = {}
        super().__init__(*args, **kwargs)

    def known(self) -> dict[str, Model]:
        return self.shared.rows | self.besides

    def keep(self, row: Model | None) -> None:
        """Lets `row` stay chosen in this one place, though it is no longer among the choices."""
        self.besides = {} if row is None or str(row.pk) in self.shared.rows else {str(row.pk): row}

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        row = self.known().get(str(value.pk if isinstance(value, Model) else value))
        if row is None:
            raise ValidationError("This cannot be chosen any more. Choose another one.", code="invalid_choice")
        return row


class SharedChoices:
    """For a part of a form: every choice of a related thing shares its rows with the other parts of the page."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs |= {"form_class": SharedChoiceField, "widget": SharedSelect(), "empty_label": "–"}
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        store = request.__dict__.setdefault("shared_choices", {})
        field.shared = store.setdefault(db_field.remote_field.model, Choices(field.queryset))
        return field


class KeepsItsChoices(forms.ModelForm):
    """A row that goes on showing what it has, such as a person who has left; the checks say that it has to be changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, SharedChoiceField) and getattr(self.instance, f"{name}_id", None) is not None:
                field.keep(getattr(self.instance, name))
