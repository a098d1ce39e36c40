"""Feeds for calendar programs: made, shown once, revoked; who read them when."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views import View
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from policies.models import CalendarFeed, OnCallSchedule
from policies.oncall.calendars.feed_services import CHANGE_FEEDS, SEE_DUTY, SEE_FEEDS, feeds_of, make_feed, revoke_feed
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin, show_in
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.errors import PortalError

from .calendar_import import themselves

MOST_ROWS = 50


class FeedForm(forms.Form):
    """What is shown, and where it is read."""

    schedule = forms.ModelChoiceField(
        OnCallSchedule.objects.none(), label="Shows", required=False, empty_label="all my own duty", widget=UnfoldAdminSelectWidget
    )
    label = forms.CharField(
        label="Where it is read", max_length=80, widget=UnfoldAdminTextInputWidget(), help_text="Such as 'my telephone' or 'wall screen'."
    )

    def __init__(self, *args: Any, reader: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if may(reader, SEE_DUTY):
            self.fields["schedule"].queryset = OnCallSchedule.objects.order_by("name")  # type: ignore[attr-defined]
        else:
            del self.fields["schedule"]


class MakeFeedView(View):
    """POST makes the feed and shows its address, this once."""

    model_admin: Any = None

    def get(self, request: HttpRequest) -> HttpResponse:
        if not self.model_admin.has_add_permission(request):
            raise PermissionDenied
        return self._show(request, FeedForm(reader=request.user, initial={"schedule": request.GET.get("schedule", "")}))

    def post(self, request: HttpRequest) -> HttpResponse:
        if not self.model_admin.has_add_permission(request):
            raise PermissionDenied
        form = FeedForm(request.POST, reader=request.user)
        if form.is_valid():
            schedule = form.cleaned_data.get("schedule")
            person = None if schedule else themselves(request)
            try:
                feed, token = make_feed(form.cleaned_data["label"], actor=request.user, now=clock.now(), schedule=schedule, person=person)
            except PortalError as error:
                show_in(form, error)
            else:
                address = f"{settings.PORTAL_URL.rstrip('/')}{reverse('calendar-feed', args=[token])}"
                answer = self._show(request, None, feed=feed, address_field=_read_only(address), page=self.model_admin.page_of(feed))
                answer["Cache-Control"] = "no-store"
                return answer
        return self._show(request, form)

    def _show(self, request: HttpRequest, form: Any, **more: Any) -> HttpResponse:
        title = "Duty in your calendar program"
        context = {
            **self.model_admin.admin_site.each_context(request),
            "form": form,
            "title": title,
            "media": self.model_admin.media,
            **more,
        }
        return render(request, "policies/calendar_feed_new.html", context, status=400 if form is not None and form.errors else 200)


def _read_only(address: str) -> SafeString:
    widget = UnfoldAdminTextInputWidget(attrs={"id": "feed-address", "readonly": True, "autocomplete": "off"})
    rendered: SafeString = widget.render("address", address)
    return rendered


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
        return MakeFeedView.as_view(model_admin=self)(request)  # type: ignore[return-value]

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
