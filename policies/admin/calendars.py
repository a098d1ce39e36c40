"""Calendars that are brought in: how each stands, what a copy that waits would change, and what can be done with it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from policies.models import CalendarSource
from policies.oncall.calendars.source_services import SEE, discard, may_import, read_again, sources_of, stop
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.redaction import mask_address

from .calendar_import import BringInView, ImportView, RenewView, look_panel

MOST_ROWS = 30


@admin.register(CalendarSource)
class CalendarSourceAdmin(PortalModelAdmin):
    list_display = ("name", "about", "state", "last_read", "next_read")
    list_filter = ("use", "active", "schedule")
    list_select_related = ("schedule", "person")
    search_fields = ("name", "schedule__name", "person__display_name")
    page_template = "policies/calendar_source.html"
    fields = ("name", "about", "where", "reads", "last_read", "next_read", "brought_in_by")
    readonly_fields = fields
    actions = None
    empty_list = "A calendar kept elsewhere can say who is on duty in a schedule, or when somebody is away. None was brought in yet."
    verbs = (
        Verb(
            key="read-again",
            label="Read it again now",
            run=read_again,
            permission=SEE,
            need="nothing",
            possible=lambda source: source.active and bool(source.address),
            done="It is being read. Look again in a moment.",
        ),
        Verb(
            key="discard",
            label="Discard the copy that waits",
            run=discard,
            permission=SEE,
            need="nothing",
            possible=lambda source: bool(source.pending),
            done="Discarded. What is in use stays in use.",
        ),
        Verb(
            key="stop",
            label="Stop using it",
            run=stop,
            permission=SEE,
            look="danger",
            possible=lambda source: source.active,
            consequence="From now on the calendar says nothing about anybody any more. What it said of the past stays. It can be brought "
            "in again with a new copy.",
            done="The calendar is not used any more.",
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        renew, bring = RenewView.as_view(model_admin=self), BringInView.as_view(model_admin=self)
        return [
            path("<path:object_id>/renew/", wrap(renew), name="policies_calendarsource_renew"),
            path("<path:object_id>/bring-in/", wrap(bring), name="policies_calendarsource_bring_in"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return ImportView.as_view(model_admin=self)(request)  # type: ignore[return-value]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Copies are up to 2 MB each; a list needs none of them.
        return sources_of(request.user).defer("content").select_related("schedule", "person", "made_by")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Everybody signed in may see the calendars of their own absences; the others need the right."""
        if not (request.user.is_active and request.user.is_staff):
            return False
        return obj is None or may(request.user, SEE, obj) or obj.person_id == request.user.pk

    def has_view_or_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        return may_import(request.user, thing.schedule, thing.person)

    @admin.display(description="Is about")
    def about(self, source: Any) -> str:
        return f"duty in {source.schedule}" if source.schedule else f"absence of {source.person}"

    @admin.display(description="Is", ordering="active")
    def state(self, source: Any) -> str:
        look, text = _state(source)
        return format_html('<span class="ak-badge ak-badge-{}">{}</span>', look, text)

    @admin.display(description="Address")
    def where(self, source: Any) -> str:
        return mask_address(source.address) if source.address else "a file"

    @admin.display(description="Is read")
    def reads(self, source: Any) -> str:
        if not source.address:
            return "when a newer file is given"
        return f"every {words.duration(source.refresh_every)}" if source.refresh_every else "once a day"

    @admin.display(description="Copy in use of", ordering="good_at")
    def last_read(self, source: Any) -> str:
        return moment(source.good_at, clock.now(), empty="none yet")

    @admin.display(description="Next", ordering="next_refresh_at")
    def next_read(self, source: Any) -> str:
        return moment(source.next_refresh_at, clock.now(), empty="–")

    @admin.display(description="Brought in by")
    def brought_in_by(self, source: Any) -> str:
        return str(source.made_by or "the portal")

    def first_line(self, source: Any, now: datetime) -> str:
        if source.active and source.failed_at:
            failed, good = moment(source.failed_at, now), moment(source.good_at, now)
            return format_html("It cannot be read since {}: {} The copy of {} stays in use.", failed, source.failure, good)
        if source.active:
            return format_html("In use: {}, as it was read {}.", self.about(source), moment(source.good_at, now))
        return "Not in use yet: look at what it would change, then bring it in." if source.pending else "Not in use."

    def links(self, request: HttpRequest, source: Any) -> list[tuple[str, str, str]]:
        found = [("Open the schedule", self.page_of(source.schedule), "default")] if source.schedule else []
        if may_import(request.user, source.schedule, source.person):
            found.append(("Newer file or address", reverse("admin:policies_calendarsource_renew", args=[source.pk]), "default"))
        return found

    def page_context(self, request: HttpRequest, source: Any, now: datetime) -> dict[str, Any]:
        counts = Q(ended_at=None, ends_at__gt=now)
        told = source.duties.filter(counts).select_related("person").order_by("starts_at")
        away = source.absences.filter(counts).select_related("person").order_by("starts_at")
        rows = list((told if source.schedule_id else away)[:MOST_ROWS])
        return {
            "panel": look_panel(source, request.user, now),
            "remarks": source.remarks.splitlines() if source.active else [],
            "bring_in": reverse("admin:policies_calendarsource_bring_in", args=[source.pk]),
            "told": [(row.person, moment(row.starts_at, now), moment(row.ends_at, now), getattr(row, "priority", None)) for row in rows],
            "told_in_all": (told if source.schedule_id else away).aggregate(all=Count("pk"))["all"],
        }


def _state(source: CalendarSource) -> tuple[str, str]:
    if not source.active:
        return "open", "waits to be brought in" if source.pending else "not in use"
    if source.failed_at:
        return "late", "cannot be read, last good copy in use"
    return "done", "in use, newer copy waits" if source.pending else "in use"
