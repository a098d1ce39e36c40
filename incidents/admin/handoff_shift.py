"""The change of shift as a page: what one holds, who comes next, a note each, and everything offered or accepted with one button."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views import View
from unfold.widgets import UnfoldAdminSelectWidget

from incidents.handoffs.queries import offered_to
from incidents.handoffs.shift import Change, Held, accept_all, change_in, changes_of, held_by, offer_all
from incidents.handoffs.standing import standing
from incidents.lifecycle import checks
from policies.decisions.vocabulary import Track
from policies.models import OnCallSchedule
from portal.foundation import clock, words
from portal.foundation.access.checks import may_somewhere
from portal.foundation.adminkit.bases import show_in
from portal.foundation.adminkit.moments import moment
from portal.foundation.errors import PortalError
from portal.foundation.people.models import User

from .handoff_rows import address_of
from .marks import severity_mark

PAGE = "admin:incidents_handoff_shift"
LIST = "admin:incidents_handoff_changelist"
BIGGEST_KEY = 2**63 - 1


class OfferForm(forms.Form):
    """To whom, and for each thing that is held whether it goes along and what the next one has to know."""

    to = forms.ModelChoiceField(User.objects.none(), label="To", widget=UnfoldAdminSelectWidget)

    def __init__(self, data: Any, *, held: list[Held], incoming: int | None, giver: Any) -> None:
        super().__init__(data)
        people = User.objects.filter(is_active=True, origin=User.Origin.PORTAL).exclude(pk=giver.pk)
        self.fields["to"].queryset = people.order_by("display_name", "username")  # type: ignore[attr-defined]
        self.fields["to"].initial = incoming
        self.held = [each for each in held if each.waiting is None]
        for each in self.held:
            self.fields[f"with-{each.key}"] = forms.BooleanField(required=False, initial=True)
            self.fields[f"note-{each.key}"] = forms.CharField(
                required=False, max_length=checks.LONGEST_REASON, widget=forms.Textarea({"rows": 3})
            )

    def items(self) -> list[tuple[Any, str, str]]:
        """What goes along, as `offer_all` takes it."""
        data = self.cleaned_data
        chosen = [each for each in self.held if data.get(f"with-{each.key}")]
        return [(each.incident, each.track.value, data[f"note-{each.key}"]) for each in chosen]


class ShiftView(View):
    """GET shows what the reader holds, or whoever goes off duty in `?schedule=`; POST offers it, or accepts what waits."""

    model_admin: Any = None

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, clock.now(), None)

    def post(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        if request.POST.get("do") == "accept":
            return self._accept(request, now)
        change = _change(request, now)
        form = self._form(request, request.POST, held_by(request.user, request.user), change)
        if form.is_valid():
            try:
                made = offer_all(form.items(), to=form.cleaned_data["to"], actor=request.user, now=now)
            except PortalError as error:
                show_in(form, error)
            else:
                said = (
                    f"Offered {words.counted(len(made), 'hand-off')} to {form.cleaned_data['to']}. You have them until they are accepted."
                )
                messages.success(request, said)
                return redirect(_address(change))
        return self._page(request, now, form, 400)

    def _accept(self, request: HttpRequest, now: datetime) -> HttpResponse:
        chosen = [key for key in request.POST.getlist("hand_off") if key.isdecimal() and int(key) <= BIGGEST_KEY]
        waiting = offered_to(request.user, now)
        accepted, refused = accept_all(waiting.filter(pk__in=chosen) if chosen else waiting, actor=request.user, now=now)
        if accepted:
            messages.success(request, f"You have {words.listed([each.incident.number for each in accepted])} now.")
        for sentence in refused:
            messages.error(request, sentence)
        if not accepted and not refused:
            messages.info(request, "Nothing waits for you any more.")
        return redirect(_address(_change(request, now)))

    def _form(self, request: HttpRequest, data: Any, held: list[Held], change: Change | None) -> OfferForm:
        goes = change is not None and change.outgoing.person_id == request.user.pk
        incoming = change.incoming.person_id if change is not None and goes and change.incoming is not None else None
        return OfferForm(data, held=held, incoming=incoming, giver=request.user)

    def _page(self, request: HttpRequest, now: datetime, form: OfferForm | None, status: int = 200) -> HttpResponse:
        if not may_somewhere(request.user, "incidents.view_incident"):
            raise PermissionDenied
        change = _change(request, now)
        theirs = change is not None and change.outgoing.person_id != request.user.pk
        held = held_by(request.user, request.user)
        form = form or self._form(request, None, held, change)
        others = held_by(User.objects.get(pk=change.outgoing.person_id), request.user) if change is not None and theirs else []
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "title": "Shift hand-over",
            "media": self.model_admin.media,
            "first_line": _first_line(change, others if theirs else held, request.user, now),
            "form": form,
            "rows": [_row(each, form, now) for each in held],
            "theirs": change.outgoing.name if change is not None and theirs else "",
            "others": [_row(each, None, now) for each in others],
            "offerable": bool(form.held),
            "waiting": [_waiting(each, now) for each in offered_to(request.user, now)],
            "schedules": _choices(request, change, now),
            "all": reverse(LIST),
        }
        return render(request, "incidents/shift.html", context, status=status)


def _change(request: HttpRequest, now: datetime) -> Change | None:
    """The change of shift that is asked for, or the reader's nearest. None when the reader is on duty nowhere."""
    asked = request.GET.get("schedule", "")
    if asked:
        known = OnCallSchedule.objects.filter(pk=int(asked)).first() if asked.isdecimal() and int(asked) <= BIGGEST_KEY else None
        if known is None:
            raise Http404
        return change_in(known, request.user, now)
    return next(iter(changes_of(request.user, now)), None)  # type: ignore[arg-type]


def _address(change: Change | None) -> str:
    return reverse(PAGE) + (f"?schedule={change.schedule.pk}" if change is not None else "")


def _choices(request: HttpRequest, change: Change | None, now: datetime) -> list[tuple[str, str, bool]]:
    """The reader's own schedules, to choose from where there are several."""
    found = [each.schedule for each in changes_of(request.user, now)]  # type: ignore[arg-type]
    chosen = change.schedule.pk if change else None
    return [(str(each), f"{reverse(PAGE)}?schedule={each.pk}", each.pk == chosen) for each in found] if len(found) > 1 else []


def _first_line(change: Change | None, held: list[Held], reader: Any, now: datetime) -> SafeString:
    count = words.counted(len(held), "open escalation") if held else "nothing open"
    if change is None and not held:
        return SafeString("You are on duty in no schedule, and have nothing to hand over.")
    if change is None:
        return format_html("You are on duty in no schedule. You have {}; choose who gets what you hand over.", count)
    who = "You hand" if change.outgoing.person_id == reader.pk else f"{change.outgoing.name} hands"
    to = change.incoming.name if change.incoming else "nobody: nobody comes next on duty"
    if change.incoming is not None and change.incoming.person_id == reader.pk:
        to = "you"
    return format_html("{} over {} to {}, {}: {}.", who, change.schedule, to, moment(change.at, now), count)


def _row(held: Held, form: OfferForm | None, now: datetime) -> dict[str, Any]:
    stands = standing(held.run, held.incident)
    offerable = form is not None and held.waiting is None
    return {
        "incident": held.incident,
        "page": reverse("admin:incidents_incident_change", args=[held.incident.pk]),
        "severity": severity_mark(held.incident.severity),
        "track": "" if held.track is Track.TECHNICAL else held.track.label,
        "state": held.incident.get_state_display(),
        "stands": stands,
        "left": stands.remaining(now),
        "at": stands.next_at,
        "with": form[f"with-{held.key}"] if form is not None and offerable else None,
        "note": form[f"note-{held.key}"] if form is not None and offerable else None,
        "waiting": held.waiting,
        "waiting_page": address_of(held.waiting) if held.waiting else "",
    }


def _waiting(hand_off: Any, now: datetime) -> dict[str, Any]:
    stands = standing(hand_off.run, hand_off.incident)
    return {
        "hand_off": hand_off,
        "page": address_of(hand_off),
        "severity": severity_mark(hand_off.incident.severity),
        "stands": stands,
        "left": stands.remaining(now),
        "decline": reverse("admin:incidents_handoff_do", args=[hand_off.pk, "decline"]),
        "offered": moment(hand_off.offered_at, now),
    }
