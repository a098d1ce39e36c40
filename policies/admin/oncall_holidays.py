"""Holiday calendars: public holidays of a place and the organisation's own days."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from policies.models import Holiday, HolidayCalendar
from policies.oncall.holidays import add_day, fill_calendar, make_calendar, remove_day
from portal.foundation import words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.verbs import Verb

from .duty_door import DutyDoor
from .rows import DayField

MOST_SHOWN = 200


class CalendarForm(forms.Form):
    """Its name and place, and why it is made."""

    name = forms.CharField(label="Name", max_length=120, widget=UnfoldAdminTextInputWidget, help_text="Such as 'Spain, Madrid'.")
    country = forms.CharField(
        label="Country", required=False, max_length=2, widget=UnfoldAdminTextInputWidget,
        help_text="Code of two letters, such as ES: its public holidays of this year and the next two are filled in. Empty: only your own days.",
    )  # fmt: skip
    subdivision = forms.CharField(
        label="Part of the country", required=False, max_length=6, widget=UnfoldAdminTextInputWidget, help_text="Such as MD for Madrid."
    )
    reason = forms.CharField(label="Reason", required=False, max_length=250, widget=UnfoldAdminTextInputWidget)


class MakeCalendarView(DutyDoor):
    """A new calendar."""

    title = "New holiday calendar"
    button = "Make the calendar"
    made: HolidayCalendar | None = None

    def allowed(self, request: HttpRequest, thing: Any) -> bool:
        return may(request.user, "policies.add_holidaycalendar")

    def form(self, request: HttpRequest, thing: Any, data: Any) -> CalendarForm:
        return CalendarForm(data)

    def run(self, request: HttpRequest, thing: Any, form: forms.Form, now: datetime) -> HolidayCalendar:
        data = form.cleaned_data
        self.made = make_calendar(
            data["name"], country=data["country"], subdivision=data["subdivision"], actor=request.user, now=now, reason=data["reason"]
        )
        return self.made

    def done(self, thing: Any, outcome: Any) -> str:
        return f"{outcome} has {words.counted(outcome.days.count(), 'day')}. Plans can go by it now."

    def back(self, thing: Any) -> str:
        return str(self.model_admin.page_of(self.made)) if self.made else reverse("admin:policies_holidaycalendar_changelist")


class DayForm(forms.Form):
    """A day of the organisation's own."""

    day = DayField(label="Day")
    name = forms.CharField(label="Name", max_length=150, widget=UnfoldAdminTextInputWidget)


@admin.register(HolidayCalendar)
class HolidayCalendarAdmin(PortalModelAdmin):
    list_display = ("name", "country", "subdivision")
    search_fields = ("name", "country")
    fields = ("name", "country", "subdivision")
    readonly_fields = fields
    page_template = "policies/duty_holidays.html"
    empty_list = (
        "Layers of a schedule can rest on public holidays, or have duty only then. Add the calendar of a country, or one of your own."
    )
    verbs = (
        Verb(
            key="add-day",
            label="Add a day",
            run=add_day,
            permission="policies.add_holiday",
            need="perhaps words",
            form=DayForm,
            look="primary",
            consequence="Layers that mind holidays treat the day as one, from tomorrow on.",
            ask="Why is it added?",
            done="Added.",
        ),
        Verb(
            key="fill",
            label="Fill in public holidays",
            run=fill_calendar,
            permission="policies.change_holidaycalendar",
            need="perhaps words",
            possible=lambda calendar: bool(calendar.country),
            consequence="Public holidays from tomorrow on become those that the library knows; days of your own stay.",
            ask="Why?",
            done="Filled in.",
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        new = self.admin_site.admin_view(MakeCalendarView.as_view(model_admin=self))
        return [path("add/", new, name="policies_holidaycalendar_add"), *super().get_urls()]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Its days change by its buttons; its place stays."""
        return False

    def first_line(self, calendar: Any, now: datetime) -> str:
        today = now.astimezone(UTC).date()
        following = calendar.days.filter(day__gte=today).order_by("day").first()
        return (
            f"Next: {following.name} on {following.day:%A} {following.day.day} {following.day:%B %Y}." if following else "No day is ahead."
        )

    def page_context(self, request: HttpRequest, calendar: Any, now: datetime) -> dict[str, Any]:
        today = now.astimezone(UTC).date()
        days = calendar.days.filter(day__gte=today.replace(month=1, day=1)).order_by("day")[:MOST_SHOWN]
        removing = may(request.user, "policies.delete_holiday")
        rows = [
            (day, reverse("admin:policies_holiday_do", args=[day.pk, "remove"]) if removing and day.day > today else "") for day in days
        ]  # fmt: skip
        return {"days": rows}


@admin.register(Holiday)
class HolidayAdmin(PortalModelAdmin):
    """Only the door that removes one; days are looked at on their calendar's page."""

    fields = ("calendar", "day", "name", "origin")
    readonly_fields = fields
    verbs = (
        Verb(
            key="remove",
            label="Remove this day",
            run=remove_day,
            permission="policies.delete_holiday",
            need="perhaps words",
            look="danger",
            consequence="Layers that mind holidays treat it as any day, from tomorrow on.",
            ask="Why does it go?",
            done="Removed.",
            back_to=lambda day, outcome: reverse("admin:policies_holidaycalendar_change", args=[day.calendar_id]),
        ),
    )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
