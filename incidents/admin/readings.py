"""Readings: a list of facts, and a way to record one by hand."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from incidents.lifecycle import measures
from incidents.lifecycle.queries import readings_for, stored_in_words
from incidents.lifecycle.services import record_reading
from incidents.models import ImpactReading
from portal.foundation import clock
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment

from .forms import clean_value


class ReadingForm(forms.ModelForm):
    """A value read off a service just now. It may declare an incident."""

    measure = forms.ChoiceField(choices=measures.choices, widget=UnfoldAdminSelectWidget, help_text="Its unit stands behind its name.")

    class Meta:
        model = ImpactReading
        fields = ("service", "measure", "value")
        help_texts = {"service": "Its thresholds in force decide whether this is an incident."}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "measure" in data and data.get("value") is not None:
            clean_value(self, data)
        return data


@admin.register(ImpactReading)
class ImpactReadingAdmin(PortalModelAdmin):
    """Facts: recorded, never edited."""

    form = ReadingForm
    list_display = ("what", "service", "observed", "of_incident")
    list_select_related = ("service", "incident")
    list_filter = (("service", RelatedDropdownFilter),)
    list_filter_submit = True
    show_full_result_count = False
    actions = None
    fieldsets = ((None, {"fields": ("service", "measure", "value")}),)
    empty_list = (
        "No reading yet. Monitoring sends them to the API, and people add them by hand. One that breaks a threshold declares an incident."
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return readings_for(request.user).order_by("-observed_at", "-id")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ImpactReading, form: Any, change: bool) -> None:
        now, data = clock.now(), form.cleaned_data
        stored, incident = record_reading(
            data["service"], measure=data["measure"], value=data["value"], observed_at=now, actor=request.user, now=now
        )
        obj.__dict__.update(stored.__dict__)
        if incident is not None:
            self.message_user(request, f"It belongs to {incident}: {incident.get_severity_display() or 'not graded'}.")

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit trail has it already."""

    @admin.display(description="Reading")
    def what(self, reading: ImpactReading) -> str:
        return stored_in_words(reading)

    @admin.display(description="Observed", ordering="observed_at")
    def observed(self, reading: ImpactReading) -> SafeString | str:
        return moment(reading.observed_at, clock.now())

    @admin.display(description="Incident")
    def of_incident(self, reading: ImpactReading) -> str:
        return reading.incident.number if reading.incident else "none"
