"""Feeds for calendar programs: made, shown once, revoked; who read them when."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from policies.models import CalendarFeed, OnCallSchedule
from policies.oncall.calendars.feed_services import CHANGE_FEEDS, SEE_DUTY, SEE_FEEDS, feeds_of, make_feed, revoke_feed
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

from .calendar_import import themselves
from .secret_address import AddressForm, AddressKind, SecretAddressView

MOST_ROWS = 50


class FeedForm(AddressForm):
    """What is shown, and where it is read."""

    schedule = forms.ModelChoiceField(
        OnCallSchedule.objects.order_by("name"),
        label="Shows",
        required=False,
        empty_label="all my own duty",
        widget=UnfoldAdminSelectWidget,
    )
    label = forms.CharField(
        label="Where it is read", max_length=80, widget=UnfoldAdminTextInputWidget(), help_text="Such as 'my telephone' or 'wall screen'."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may(self.reader, SEE_DUTY):
            del self.fields["schedule"]


def _make(request: HttpRequest, data: dict[str, Any]) -> tuple[CalendarFeed, str]:
    schedule = data.get("schedule")
    person = None if schedule else themselves(request)
    return make_feed(data["label"], actor=request.user, now=clock.now(), schedule=schedule, person=person)


FEED = AddressKind(
    title="Duty in your calendar program",
    first_line="A calendar program reads duty from a secret address: 30 days back and 180 ahead, with the reason for each slot.",
    address_label="Address for your calendar program",
    who_reads="Whoever has the address sees the duty, without signing in.",
    route="calendar-feed",
    form=FeedForm,
    make=_make,
)


@admin.register(CalendarFeed)
class CalendarFeedAdmin(PortalModelAdmin):
    list_display = ("label", "shows", "owner", "state", "last_read")
    list_select_related = ("owner", "schedule", "person")
    search_fields = ("label", "owner__display_name", "schedule__name")
    page_template = "policies/calendar_feed.html"
    fields = ("label", "begins_with", "shows", "owner", "made", "revoked")
    readonly_fields = fields
    actions = None
    empty_list = "A feed lets a calendar program show who is on call. You have none yet: add one, and give its address to your program."
    verbs = (
        Verb(
            key="revoke",
            label="Revoke",
            run=revoke_feed,
            permission=CHANGE_FEEDS,
            need="perhaps words",
            look="danger",
            possible=lambda feed: feed.revoked_at is None,
            consequence="The address leads nowhere from now on, and whoever reads it sees no duty any more. It cannot be taken back.",
            done="Revoked.",
        ),
    )

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return SecretAddressView.as_view(model_admin=self, kind=FEED)(request)  # type: ignore[return-value]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = feeds_of(request.user).select_related("owner", "schedule", "person")
        return found.annotate(read_at=Max("accesses__last_at")).order_by("-made_at")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not (request.user.is_active and request.user.is_staff):
            return False
        return obj is None or request.user.pk in {obj.owner_id, obj.person_id} or may(request.user, SEE_FEEDS, obj)

    def has_view_or_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_staff)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        return thing.owner_id == request.user.pk or may(request.user, CHANGE_FEEDS, thing)

    @admin.display(description="Shows")
    def shows(self, feed: Any) -> str:
        return f"schedule {feed.schedule}" if feed.schedule else f"duty of {feed.person}"

    @admin.display(description="Address begins with")
    def begins_with(self, feed: Any) -> str:
        return f"{feed.hint}…"

    @admin.display(description="Is", ordering="revoked_at")
    def state(self, feed: Any) -> str:
        look, text = ("open", "revoked") if feed.revoked_at else ("done", "live")
        return format_html('<span class="ak-badge ak-badge-{}">{}</span>', look, text)

    @admin.display(description="Last read")
    def last_read(self, feed: Any) -> str:
        return moment(feed.read_at, clock.now(), empty="never")

    @admin.display(description="Made")
    def made(self, feed: Any) -> str:
        return moment(feed.made_at, clock.now())

    @admin.display(description="Revoked")
    def revoked(self, feed: Any) -> str:
        return moment(feed.revoked_at, clock.now(), empty="no")

    def first_line(self, feed: Any, now: datetime) -> str:
        if feed.revoked_at:
            return format_html("Revoked {}: the address leads nowhere.", moment(feed.revoked_at, now))
        return format_html("Shows {}. Last read: {}.", self.shows(feed), moment(feed.read_at, now, empty="never"))

    def page_context(self, request: HttpRequest, feed: Any, now: datetime) -> dict[str, Any]:
        accesses = feed.accesses.order_by("-last_at")[:MOST_ROWS]
        return {
            "accesses": [
                (each.day, each.address or "–", each.program or "–", each.count, moment(each.first_at, now), moment(each.last_at, now))
                for each in accesses
            ]
        }
