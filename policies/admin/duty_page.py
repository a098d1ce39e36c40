"""Pages for a frame: made here, their address shown once, revoked here."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse

from policies.models import DutyPage
from policies.oncall.duty_pages import HINT, hash_of, new_token, revoke_page
from portal.foundation import clock
from portal.foundation.adminkit.bases import GovernedAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb


@admin.register(DutyPage)
class DutyPageAdmin(GovernedAdmin):
    list_display = ("label", "about", "made", "reads", "last_read", "state")
    list_select_related = ("schedule", "team", "service", "made_by")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("label", "schedule__name", "team__name", "service__name")
    fieldsets = (
        (
            None,
            {
                "fields": ("label", "schedule", "team", "service", "why"),
                "description": "Choose a schedule, a team or a service. The address is shown once, after saving.",
            },
        ),
    )
    empty_list = (
        "A page for a frame says who is on call now and next, at a secret address, so that an intranet can show it. Add the first one."
    )
    add_words = "Add a page"
    verbs = (
        Verb(
            key="revoke",
            label="Revoke",
            run=revoke_page,
            permission="policies.change_dutypage",
            possible=lambda page: page.revoked_at is None,
            look="danger",
            consequence="The address opens nothing any more, at once and for good. Whoever shows it sees that the page is gone.",
            ask="Why is it revoked?",
            done="Revoked.",
        ),
    )

    def before_save(self, request: HttpRequest, obj: Any, now: datetime, *, adding: bool) -> None:
        token = new_token()
        obj.token_hash, obj.hint, obj.made_by, obj.made_at = hash_of(token), token[:HINT], request.user, now
        address = request.build_absolute_uri(reverse("duty-page", args=[token]))
        messages.warning(request, f"Copy the address now, it is not shown again: {address}")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What a page is about does not change under those who read it: revoke it, and make another."""
        return obj is None and bool(super().has_change_permission(request, obj))

    @admin.display(description="Of")
    def about(self, page: Any) -> str:
        return str(page.about)

    @admin.display(description="Made", ordering="made_at")
    def made(self, page: Any) -> str:
        return moment(page.made_at, clock.now())

    @admin.display(description="Last read", ordering="read_at")
    def last_read(self, page: Any) -> str:
        return moment(page.read_at, clock.now(), empty="never")

    @admin.display(description="Is", ordering="revoked_at")
    def state(self, page: Any) -> str:
        return "revoked" if page.revoked_at else "open"

    def first_line(self, page: Any, now: datetime) -> str:
        if page.revoked_at:
            return f"Revoked by {page.revoked_by}. It was read {page.reads:,} times."
        return f"Says who is on call for {page.about}. Read {page.reads:,} times."
