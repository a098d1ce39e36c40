"""API tokens of everybody, as administrators and auditors see them: whose, what for, what they are good for, until when, and when they were used last."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from portal.foundation import clock
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment, written
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.front_door.tokens.services import revoke
from portal.models import ApiToken

UNUSED = timedelta(days=30)


class GoodFilter(admin.SimpleListFilter):
    title = "now"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("good", "good"), ("unused", "good, not used for 30 days"), ("over", "over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = clock.now()
        good = Q(revoked_at=None, expires_at__gt=now)
        quiet = Q(last_used_at=None) | Q(last_used_at__lt=now - UNUSED)
        chosen = {"good": good, "unused": good & quiet & Q(made_at__lt=now - UNUSED), "over": ~good}
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(ApiToken)
class ApiTokenAdmin(PortalModelAdmin):
    """To be read, and to be taken back."""

    list_display = ("key_id", "owner", "name", "good_for", "used", "ends", "now")
    list_filter = (GoodFilter,)
    list_select_related = ("owner",)
    search_fields = ("key_id", "name", "owner__display_name", "owner__username")
    search_help_text = "How it is called, what it is for, or whose it is"
    fields = ("key_id", "owner", "name", "good_for", "made", "made_by", "ends", "used", "now", "revoked_by")
    readonly_fields = fields
    actions = None
    empty_list = "People make tokens for their own programs on the page 'Sign-in and sessions'. Nobody has made one yet."
    verbs = (
        Verb(
            key="revoke",
            label="Revoke",
            run=revoke,
            permission="portal.change_apitoken",
            look="danger",
            possible=lambda token: token.is_good(clock.now()),
            consequence="Whatever uses this token is refused from now on.",
            ask="Why is it revoked?",
            done="Revoked.",
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def first_line(self, token: ApiToken, now: datetime) -> str:
        if not token.is_good(now):
            return f"This token of {token.owner} opens nothing any more."
        return f"A program may do in the name of {token.owner}: {self.good_for(token)}; until {written(token.expires_at)}."

    @admin.display(description="Good for")
    def good_for(self, token: Any) -> str:
        return ", ".join(token.scopes.split())

    @admin.display(description="Made", ordering="made_at")
    def made(self, token: Any) -> SafeString | str:
        return moment(token.made_at, clock.now())

    @admin.display(description="Last used", ordering="last_used_at")
    def used(self, token: Any) -> SafeString | str:
        return moment(token.last_used_at, clock.now()) if token.last_used_at else "never"

    @admin.display(description="Ends", ordering="expires_at")
    def ends(self, token: Any) -> SafeString | str:
        return moment(token.expires_at, clock.now())

    @admin.display(description="Now")
    def now(self, token: Any) -> str:
        return "revoked" if token.revoked_at else "good" if token.is_good(clock.now()) else "ended"
