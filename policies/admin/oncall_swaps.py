"""Swaps: the list, the page of one, and the buttons that answer it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from policies.models import DutySwap
from policies.oncall.queries import rota_of
from policies.oncall.standing_in.swaps import accept_swap, decline_swap, withdraw_swap
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.people.models import User

from .duty_swap import MINE, State, halves_in_words, waits_for


@admin.register(DutySwap)
class DutySwapAdmin(PortalModelAdmin):
    list_display = ("swapped", "schedule", "begins", "in_return", "state", "asked")
    list_filter = ("state", ("schedule", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("schedule", "giver", "taker")
    search_fields = ("giver__display_name", "taker__display_name", "schedule__name", "reason")
    fields = ("schedule", "giver", "taker", "begins", "in_return", "reason", "state", "asked_by", "asked", "answer")
    readonly_fields = fields
    empty_list = "A swap gives a shift to somebody else, for another one or for nothing. Ask for one at a slot of your own duty."
    verbs = (
        Verb(
            key="accept",
            label="Accept",
            run=lambda swap, *, actor, now, reason: accept_swap(swap, actor=User.objects.get(pk=actor.pk), now=now),
            permission="",
            need="nothing",
            possible=lambda swap: swap.state == State.ASKED,
            look="primary",
            done="Accepted.",
            back_to=lambda swap, outcome: reverse(MINE),
        ),
        Verb(
            key="decline",
            label="Decline",
            run=lambda swap, *, actor, now, reason: decline_swap(swap, actor=User.objects.get(pk=actor.pk), now=now, answer=reason),
            permission="",
            need="perhaps words",
            possible=lambda swap: swap.state == State.ASKED,
            consequence="Everything stays as it is. Whoever asked is told.",
            ask="What do you want to say?",
            done="Declined.",
            back_to=lambda swap, outcome: reverse(MINE),
        ),
        Verb(
            key="withdraw",
            label="Withdraw",
            run=withdraw_swap,
            permission="policies.change_dutyswap",
            need="perhaps words",
            possible=lambda swap: swap.state == State.ASKED,
            consequence="The question is taken back. Everybody concerned is told.",
            ask="Why?",
            done="Withdrawn.",
            back_to=lambda swap, outcome: reverse(MINE),
        ),
    )

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        """The two people answer; whoever asked, and managers, withdraw."""
        if verb.key == "withdraw":
            return thing.asked_by_id == request.user.pk or may(request.user, verb.permission, thing)
        accepted = {thing.giver_id: thing.giver_accepted_at, thing.taker_id: thing.taker_accepted_at}
        return request.user.pk in accepted and accepted[request.user.pk] is None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People see swaps of their own whatever their role."""
        mine = obj is not None and request.user.pk in (obj.giver_id, obj.taker_id, obj.asked_by_id)
        return mine or bool(super().has_view_permission(request, obj))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Swap")
    def swapped(self, swap: Any) -> str:
        return f"{swap.taker} for {swap.giver}"

    @admin.display(description="Shift", ordering="gives_from")
    def begins(self, swap: Any) -> str:
        return moment(swap.gives_from, clock.now())

    @admin.display(description="In return", ordering="returns_from")
    def in_return(self, swap: Any) -> str:
        return moment(swap.returns_from, clock.now(), empty="nothing")

    @admin.display(description="Asked", ordering="asked_at")
    def asked(self, swap: Any) -> str:
        return moment(swap.asked_at, clock.now())

    def first_line(self, swap: Any, now: datetime) -> str:
        zone = rota_of(swap.schedule, now).zone_at(now)
        waiting = ", ".join(str(person) for person in waits_for(swap))
        end = f"Waits for {waiting}." if waiting else f"{swap.get_state_display().capitalize()}."
        return " ".join((*halves_in_words(swap, zone), end))

    def links(self, request: HttpRequest, swap: Any) -> list[tuple[str, str, str]]:
        return [("My duty", reverse(MINE), "default")]
