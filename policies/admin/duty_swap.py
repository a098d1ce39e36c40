"""Giving a shift away or swapping it, asked from one's own slot; a swap in words."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from policies.decisions.rota import RotaSnapshot, slots
from policies.models import DutySwap, OnCallSchedule
from policies.oncall.queries import rota_of
from policies.oncall.standing_in.swaps import ask_swap
from portal.foundation import clock
from portal.foundation.adminkit.bases import show_in
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
        data, person = form.cleaned_data, as_user(request)
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


def as_user(request: HttpRequest) -> User:
    """Whoever signed in, as services compare them: not the lazy stand-in of the request."""
    key: Any = request.user.pk
    return User.objects.get(pk=key)


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
