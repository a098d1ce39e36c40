"""Rows under a form, and choices of related things."""

from typing import Any

from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.forms import SplitDateTimeField
from django.http import HttpRequest
from unfold.admin import StackedInline, TabularInline

from portal.foundation.access.checks import may, visible_to
from portal.foundation.access.places import PLACES, view_right
from portal.foundation.people.models import User

from .fields import FORM_FIELDS
from .ordered_rows import ordered
from .sent_rows import SentRows


class PlainChoices:
    """Choices of related things in the reader's reach, without side doors to edit them, and of people only those who can still sign in."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        related = db_field.remote_field.model
        if related is User and "queryset" not in kwargs:
            kwargs["queryset"] = User.objects.filter(is_active=True, origin=User.Origin.PORTAL).order_by("display_name", "username")
        elif related._meta.label_lower in PLACES and "queryset" not in kwargs and not may(request.user, view_right(related)):
            kwargs["queryset"] = visible_to(request.user, related._default_manager.all(), view_right(related))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            for door in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
                setattr(field.widget, door, False)
        if isinstance(field, SplitDateTimeField):
            # One label over two fields names neither.
            for part, widget in zip(("date", "time"), field.widget.widgets, strict=True):
                widget.attrs["aria-label"] = f"{str(field.label).capitalize()}: {part}"
        return field


class Ordered:
    """Rows that may swap their numbers: `renumbered` names the field that numbers them."""

    renumbered = ""

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        return ordered(formset, self.renumbered) if self.renumbered else formset


class PortalInline(Ordered, PlainChoices, TabularInline):
    """Rows in a table under a form, durations and decimals as people write them."""

    extra = 0
    formset = SentRows
    formfield_overrides = {**TabularInline.formfield_overrides, **FORM_FIELDS}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The heading of a column is no label to a screen reader, so each field carries its own."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and field.label:
            getattr(field.widget, "widget", field.widget).attrs.setdefault("aria-label", str(field.label).capitalize())
        return field


class PortalStackedInline(Ordered, PlainChoices, StackedInline):
    """Blocks under a form, durations and decimals as people write them."""

    extra = 0
    formset = SentRows
    formfield_overrides = {**StackedInline.formfield_overrides, **FORM_FIELDS}
