"""Authority delegated by region: who may decide what, where, until when, and who gave it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from policies.catalogue.authority import CHANGE, Standing, day_of, ending, in_force, revoke_authority, sign_delegation, standing
from policies.models import DelegatedAuthority
from portal.foundation import clock, words
from portal.foundation.adminkit.bases import GovernedAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.people.wanted import items


class StandingFilter(admin.SimpleListFilter):
    """In force, or soon over."""

    title = "is"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return (("ending", "ends in 14 days"), ("in-force", "in force"), ("over", "over"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        day = day_of(clock.now())
        if self.value() == "ending":
            return queryset.filter(pk__in=ending(day).values("pk"))
        if self.value() == "in-force":
            return queryset.filter(in_force(day))
        return queryset.exclude(in_force(day)).exclude(valid_from__gt=day, revoked_at=None) if self.value() == "over" else queryset


def _lives(authority: DelegatedAuthority) -> bool:
    return standing(authority, day_of(clock.now())) not in {Standing.REVOKED, Standing.ENDED}


@admin.register(DelegatedAuthority)
class DelegatedAuthorityAdmin(GovernedAdmin):
    list_display = ("person", "region", "may", "valid_from", "valid_until", "stands", "delegated_by")
    list_filter = (StandingFilter, "region")
    list_select_related = ("person", "region", "delegated_by")
    search_fields = ("person__display_name", "person__username", "region__name")
    fields = (("person", "region"), "mandates", "limits", ("valid_from", "valid_until"))
    empty_list = (
        "Authority delegated by region says who may decide what in a part of the world, within limits and until a day. "
        "Nobody has one yet. Whoever gets it cannot be the one who gives it."
    )
    verbs = (
        Verb(
            key="revoke",
            label="Revoke",
            run=revoke_authority,
            permission=CHANGE,
            look="danger",
            possible=_lives,
            consequence="The person may no longer decide this from now on. The record stays.",
            ask="Why does it end?",
            done="Revoked.",
        ),
    )

    def before_save(self, request: HttpRequest, obj: DelegatedAuthority, now: datetime, *, adding: bool) -> None:
        sign_delegation(obj, actor=request.user, now=now)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and (obj is None or _lives(obj))

    def first_line(self, thing: DelegatedAuthority, now: datetime) -> str:
        return in_words(thing, now)

    @admin.display(description="May")
    def may(self, authority: DelegatedAuthority) -> str:
        return said(authority)

    @admin.display(description="Is", ordering="valid_until")
    def stands(self, authority: DelegatedAuthority) -> str:
        day = day_of(clock.now())
        now = standing(authority, day)
        left = (authority.valid_until - day).days
        return (
            f"ends in {words.counted(left, 'day')}"
            if now is Standing.ENDING and left
            else "ends today"
            if now is Standing.ENDING
            else now.value
        )


def said(authority: DelegatedAuthority) -> str:
    """'mobilise resources and suspend processes'."""
    return words.listed([item.replace("_", " ") for item in items(authority.mandates)])


def in_words(authority: DelegatedAuthority, now: datetime) -> str:
    """The whole delegation in a sentence, with where it stands."""
    limits = f" Limits: {authority.limits.rstrip('. ')}." if authority.limits.strip() else ""
    last = f"{authority.valid_until.day} {authority.valid_until:%B %Y}"
    told = f"{authority.person} may {said(authority)} in {authority.region}"
    by = f" Delegated by {authority.delegated_by}." if authority.delegated_by else ""
    match standing(authority, day_of(now)):
        case Standing.REVOKED:
            return format_html("Revoked {}. It would have lasted until {}.", moment(authority.revoked_at, now), last)
        case Standing.ENDED:
            return f"Ended with {last}.{by}"
        case Standing.COMING:
            return f"From {authority.valid_from.day} {authority.valid_from:%B %Y} on {told}, until {last}.{limits}{by}"
        case _:
            return f"{told}, until {last}.{limits}{by}"


def authority_of(person: Any, now: datetime) -> list[tuple[str, str]]:
    """What `person` may decide now or will, each in words with its address. One query."""
    rows = DelegatedAuthority.objects.filter(person=person, revoked_at=None, valid_until__gte=day_of(now))
    return [
        (in_words(row, now), reverse("admin:policies_delegatedauthority_change", args=[row.pk]))
        for row in rows.select_related("person", "region", "delegated_by").order_by("valid_until")
    ]
