"""Forms of a layer: weekdays to tick, hours of the clock, people whose place may be left to the order of their rows."""

from typing import Any

from django import forms
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from policies.models import LayerMember, LayerWindow
from portal.foundation.adminkit.bases import RefusableForm

from .duty_plan_words import DAYS
from .rows import DayField


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Weekdays to tick; their sum as LayerWindow.weekdays counts them."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [(1 << place, day) for place, day in enumerate(DAYS)]
        kwargs = {"label": "Days", "choices": choices, "coerce": int, "widget": UnfoldAdminCheckboxSelectMultipleWidget} | kwargs
        super().__init__(error_messages={"required": "Tick at least one day."}, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return [str(1 << place) for place in range(7) if value & 1 << place] if isinstance(value, int) else value

    def clean(self, value: Any) -> int:
        return sum(set(super().clean(value)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return sorted(self.prepare_value(initial) or []) != sorted(data or [])


class ClockField(forms.TimeField):
    """A local time, in the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = UnfoldAdminTextInputWidget(attrs={"type": "time", **kwargs.pop("attrs", {})})
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value:%H:%M}" if hasattr(value, "strftime") else value


class WindowForm(forms.ModelForm):
    """Hours on the days that are ticked."""

    weekdays = WeekdaysField()
    starts = ClockField(label="From", attrs={"aria-label": "From"})
    ends = ClockField(label="Until", attrs={"aria-label": "Until"})

    class Meta:
        model = LayerWindow
        fields = ("weekdays", "starts", "ends")


class MemberForm(forms.ModelForm):
    """A person's place, which may be left to the order of the rows."""

    position = forms.IntegerField(
        label="Place", required=False, min_value=1, max_value=999, widget=UnfoldAdminIntegerFieldWidget(attrs={"aria-label": "Place"})
    )

    class Meta:
        model = LayerMember
        fields = ("position", "person")


class NumberedRows(PaginationInlineFormSet):
    """People without a place stand after those with one, in the order of their rows."""

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if getattr(form, "cleaned_data", None) and not form.cleaned_data.get("DELETE")]
        following = max((form.cleaned_data.get("position") or 0 for form in kept), default=0)
        for form in kept:
            if form.cleaned_data.get("person") and not form.cleaned_data.get("position") and "position" not in form.errors:
                following += 1
                form.cleaned_data["position"] = form.instance.position = following


class LayerForm(RefusableForm):
    """Days and times in the browser's own pickers."""

    starts_on = DayField(label="First hand-over", help_text="The first person takes over on this day.")
    handover_at = ClockField(label="Hand-over at", help_text="Local time of the plan's time zone.")
