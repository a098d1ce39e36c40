"""Giving a shift away or swapping it: asked from one's own slot, answered from 'My duty'."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from policies.decisions.rota import RotaSnapshot, slots
from policies.models import DutySwap, OnCallSchedule
from policies.oncall.queries import rota_of
from policies.oncall.swaps import accept_swap, ask_swap, decline_swap, withdraw_swap
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin, show_in
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.errors import InvalidInput, PortalError
from portal.foundation.people.models import User

from .duty_door import DutyDoor, StretchForm, asked_stretch
from .duty_grid import span
from .duty_override import able

State = DutySwap.State
# Shifts that can be taken in return: as far ahead as people swap, and as many as a select can hold.
AHEAD, MOST_EACH = timedelta(days=60), 8
MINE = "admin:policies_myduty_changelist"


class SwapForm(StretchForm):
    """Who takes one's shift, and which of theirs comes back, if any."""

    partner = forms.ChoiceField(
        label="Who takes it, and what you take in return",
        widget=UnfoldAdminSelectWidget,
        help_text="Nothing in return is cover. The other one has to accept before anything changes.",
        error_messages={"required": "Choose who takes it."},
    )
    reason = forms.CharField(label="Reason", max_length=250, widget=UnfoldAdminTextInputWidget, help_text="The other one reads it.")
    field_order = ("partner", "starts_at", "ends_at", "reason")

    def __init__(self, data: Any, *, offers: list[Any], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        partner: Any = self.fields["partner"]
        partner.choices = [("", "Choose a person"), *offers]

    def agreed(self) -> tuple[User, datetime | None, datetime | None]:
        """The taker, and from when until when their duty comes back."""
        key, *times = str(self.cleaned_data["partner"]).split("|")
        since, until = (datetime.fromisoformat(times[0]), datetime.fromisoformat(times[1])) if times else (None, None)
        return User.objects.get(pk=key), since, until


class AskSwapView(DutyDoor):
    """`?from=…&until=…` names one's own slot."""

    title = "Give this shift away, or swap it"
    button = "Ask"

    def form(self, request: HttpRequest, thing: OnCallSchedule, data: Any) -> SwapForm:
        now = clock.now()
        rota = rota_of(thing, now)
        return SwapForm(data, offers=_offers(rota, request.user, now), zone=rota.zone_at(now), asked=asked_stretch(request))

    def run(self, request: HttpRequest, thing: Any, form: Any, now: datetime) -> DutySwap:
        taker, since, until = form.agreed()
        data, person = form.cleaned_data, User.objects.get(pk=request.user.pk)
        return ask_swap(
            thing, giver=person, taker=taker, gives_from=data["starts_at"], gives_until=data["ends_at"], returns_from=since,
            returns_until=until, actor=person, now=now, reason=data["reason"],
        )  # fmt: skip

    def refused(self, form: forms.Form, error: PortalError) -> None:
        """The service's names of the fields are not those of the form."""
        if not isinstance(error, InvalidInput):
            show_in(form, error)
            return
        known = {"gives_from": "starts_at", "gives_until": "ends_at", "taker": "partner", "returns_from": "partner", "reason": "reason"}
        field = next((known[name] for name in error.fields if name in known), None)
        form.add_error(field, error.message)

    def done(self, thing: Any, outcome: Any) -> str:
        return f"{outcome.taker} was asked and can accept or decline. Until then the shift stays yours."

    def words(self, request: HttpRequest, thing: Any, form: forms.Form) -> dict[str, Any]:
        begin, end = asked_stretch(request)
        zone = rota_of(thing, clock.now()).zone_at(clock.now())
        told = f"Your duty on {thing}: {span(begin, end, zone)}." if begin and end and begin < end else f"Your duty on {thing}."
        return {"first_line": told, "always_asked": ("starts_at", "ends_at")}

    def back(self, thing: Any) -> str:
        return reverse(MINE)


def _offers(rota: RotaSnapshot, asker: Any, now: datetime) -> list[Any]:
    """For each person of the schedule: cover, or one of their next shifts in return; for everybody else cover."""
    zone, found = rota.zone_at(now), slots(rota, now, now + AHEAD)
    people = list(able().exclude(pk=asker.pk))
    known = {person.person_id for person in rota.people()}
    offers = []
    for person in (person for person in people if person.pk in known):
        theirs = [slot for slot in found if slot.person and slot.person.person_id == person.pk and slot.since > now][:MOST_EACH]
        back = [
            (f"{person.pk}|{slot.since.isoformat()}|{slot.until.isoformat()}", f"{person}, in return for {span(slot.since, slot.until, zone)}")
            for slot in theirs
        ]  # fmt: skip
        offers.append((str(person), [(str(person.pk), f"{person}, nothing in return"), *back]))
    others = [(str(person.pk), f"{person}, nothing in return") for person in people if person.pk not in known]
    return [*offers, *([("Everybody else", others)] if others else [])]


def halves_in_words(swap: DutySwap, zone: str) -> list[str]:
    """'Ana takes over from Tom: Mon …', one for each stretch that changes hands."""
    told = [f"{swap.taker} takes over from {swap.giver}: {span(swap.gives_from, swap.gives_until, zone)}."]
    if swap.returns_from is not None and swap.returns_until is not None:
        told.append(f"{swap.giver} takes over from {swap.taker}: {span(swap.returns_from, swap.returns_until, zone)}.")
    return told


def waits_for(swap: DutySwap) -> list[Any]:
    """Who has not said yes yet."""
    if swap.state != State.ASKED:
        return []
    sides = ((swap.giver, swap.giver_accepted_at), (swap.taker, swap.taker_accepted_at))
    return [person for person, accepted_at in sides if accepted_at is None]


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
