"""Form fields that show and read values as people write them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from portal.foundation import words


class DurationInput(forms.CharField):
    """A duration as text: '15 min' is shown and read; whole seconds only."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("max_length", None)
        kwargs.setdefault("widget", UnfoldAdminTextInputWidget(attrs={"placeholder": "15 min"}))
        super().__init__(max_length=60, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return words.duration(value) if isinstance(value, timedelta) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, timedelta):
            return value
        text = super().to_python(value)
        if not text:
            return None
        try:
            return words.parse_duration(text)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def run_validators(self, value: Any) -> None:
        """The text's own validators do not fit a duration; a duration that was read is a good one."""

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], code="required")

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != self.to_python(initial() if callable(initial) else initial))
        except ValidationError:
            return True


class DecimalInput(forms.DecimalField):
    """A decimal without trailing zeros: 5, not 5.000."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value.normalize():f}" if isinstance(value, Decimal) and value.is_finite() else value


FORM_FIELDS: dict[type[models.Field], dict[str, Any]] = {
    models.DurationField: {"form_class": DurationInput, "widget": UnfoldAdminTextInputWidget(attrs={"placeholder": "15 min"})},
    models.TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 4})},
    models.DecimalField: {"form_class": DecimalInput, "widget": UnfoldAdminDecimalFieldWidget},
}
