"""One page for how a person can be reached: contact points, codes, order, rules, availability. Everybody has their own."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import show_in
from portal.foundation.contacts import add_contact, change_contact, describe, move, set_rules, switch_off, switch_on
from portal.foundation.errors import InvalidInput, PortalError
from portal.foundation.people.models import ContactPoint, ContactRule, User
from portal.foundation.presence import RIGHT, clear_availability, set_availability
from portal.foundation.verification import confirm, send_code

from .contact_forms import AboutForm, AddForm, ChangeForm, PresenceForm, RulesForm
from .contact_rows import presence_in_words, steps_of, summary, taken_by, ways_of

SEE, CHANGE = "portal.view_contactpoint", "portal.change_contactpoint"
Said = str


class ContactsView(View):
    """GET shows the page of whoever is signed in, or of `person_id`; POST does one thing and comes back to it."""

    model_admin: Any = None

    def get(self, request: HttpRequest, person_id: int | None = None) -> HttpResponse:
        return _Page(self.model_admin, request, _person(request, person_id)).show()

    def post(self, request: HttpRequest, person_id: int | None = None) -> HttpResponse:
        return _Page(self.model_admin, request, _person(request, person_id)).do()


def _person(request: HttpRequest, person_id: int | None) -> User:
    reader: Any = request.user
    if person_id is None or person_id == reader.pk:
        return User.objects.get(pk=reader.pk)
    if not (may(reader, SEE) or may(reader, RIGHT)):
        raise PermissionDenied
    person = User.objects.filter(pk=person_id).first()
    if person is None:
        raise Http404
    return person


class _Page:
    """One request: the person whose page it is, what was asked, and what was wrong with it."""

    def __init__(self, model_admin: Any, request: HttpRequest, person: User) -> None:
        self.model_admin, self.request, self.person, self.now = model_admin, request, person, clock.now()
        self.actor: Any = request.user
        self.own = person.pk == self.actor.pk
        self.verb = request.POST.get("do", "")
        self.form: forms.Form | None = None
        self.problem = ""

    def do(self) -> HttpResponse:
        deeds: dict[str, Callable[[], Said]] = {
            "add": self._add,
            "change": self._change,
            "send": self._send,
            "confirm": self._confirm,
            "off": lambda: self._switch(switch_off, "Switched off: nothing is sent there any more.", anyway="anyway" in self.request.POST),
            "on": lambda: self._switch(switch_on, "Switched on again."),
            "earlier": lambda: self._move(earlier=True),
            "later": lambda: self._move(earlier=False),
            "rules": self._rules,
            "clear": self._clear,
            "about": self._about,
            **dict.fromkeys(("available", "busy", "away"), self._presence),
        }
        if self.verb not in deeds:
            raise Http404
        try:
            said = deeds[self.verb]()
        except PortalError as error:
            if self.form is not None:
                show_in(self.form, error)
            self.problem = error.message
            return self.show(status=error.status)
        if self.form is not None and self.form.errors:
            return self.show(status=400)
        messages.success(self.request, said)
        return redirect(self.request.path)

    def _point(self) -> ContactPoint:
        key = self.request.POST.get("contact", "")
        point = self.person.contact_points.select_related("person").filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
        if point is None:
            raise InvalidInput("This contact point is not there any more.")
        return point

    def _who(self) -> dict[str, Any]:
        return {"actor": self.actor, "now": self.now, "reason": self.request.POST.get("reason", "").strip()[:250]}

    def _add(self) -> Said:
        self.form = AddForm(self.request.POST)
        if self.form.is_valid():
            add_contact(self.person, **self.form.cleaned_data, **self._who())
        return "Added. Send a code to it now, so that you know that messages arrive."

    def _change(self) -> Said:
        self.form = ChangeForm(self.request.POST, auto_id="changed_%s")
        if self.form.is_valid():
            change_contact(self._point(), **self.form.cleaned_data, anyway="anyway" in self.request.POST, **self._who())
        return "Changed."

    def _send(self) -> Said:
        send_code(self._point(), **self._who())
        return "A code of six digits is on its way. Enter it here within 15 minutes."

    def _confirm(self) -> Said:
        confirm(self._point(), code=self.request.POST.get("code", "")[:20], **self._who())
        return "Verified: messages arrive here."

    def _switch(self, verb: Callable[..., Any], said: Said, **more: Any) -> Said:
        verb(self._point(), **more, **self._who())
        return said

    def _move(self, *, earlier: bool) -> Said:
        point = self._point()
        move(point, earlier=earlier, **self._who())
        return f"'{point.label}' is tried {'earlier' if earlier else 'later'} now."

    def _rules(self) -> Said:
        form = self.form = self._rules_form(self.request.POST)
        if form.is_valid():
            with transaction.atomic():
                for urgency in ContactRule.Urgency.values:
                    set_rules(self.person, urgency, form.chosen(urgency), **self._who())
        return "Saved: messages go this way from now on."

    def _rules_form(self, data: Any) -> RulesForm:
        return RulesForm(data, points=list(self.person.contact_points.order_by("order")), steps=steps_of(self.person))

    def _presence(self) -> Said:
        form = self.form = PresenceForm(self.request.POST)
        if form.is_valid():
            set_availability(self.person, self.verb, until=form.ends(self.now), **self._who())
        return f"{'You are' if self.own else f'{self.person} is'} {self.verb} now."

    def _clear(self) -> Said:
        clear_availability(self.person, **self._who())
        return "Taken back: what a calendar or a live incident says counts now."

    def _about(self) -> Said:
        self.form = AboutForm(self.request.POST)
        if self.form.is_valid():
            describe(self.person, **self.form.cleaned_data, **self._who())
        return "Saved."

    def show(self, status: int = 200) -> HttpResponse:
        answer = render(self.request, "portal/contacts.html", self._context(), status=status)
        # The addresses are masked, but names of phones and where people are still are nobody else's business.
        answer["Cache-Control"] = "private, no-store"
        return answer

    def _context(self) -> dict[str, Any]:
        see, change, speak = (self.own or may(self.actor, right) for right in (SEE, CHANGE, RIGHT))
        ways = ways_of(self.person, self.now)
        first, warns = summary(self.person, ways, own=self.own)
        words, presence = presence_in_words(self.person, self.now, own=self.own)
        about = {"skills": self.person.skills, "languages": self.person.languages}
        chosen = self.request.POST.get("contact", "")
        return {
            **self.model_admin.admin_site.each_context(self.request),
            "title": "My contact points" if self.own else f"How to reach {self.person}",
            "media": self.model_admin.media,
            "person": self.person,
            "own": self.own,
            "see": see,
            "may_change": change,
            "may_speak": speak,
            "may_describe": self.own or may(self.actor, "portal.change_user"),
            "first_line": first,
            "warns": warns,
            "ways": [(way, self._change_form(way.point, chosen), str(way.point.pk) == chosen) for way in ways],
            "presence_words": words,
            "presence": presence,
            "presence_means": taken_by(presence),
            "own_word": presence.source == "person",
            "verb": self.verb,
            "problem": self.problem,
            "add_form": self._bound("add", AddForm),
            "presence_form": self._bound(self.verb if self.verb in ("available", "busy", "away") else "", PresenceForm),
            "rules_form": self.form if self.verb == "rules" and self.form else self._rules_form(None),
            "about_form": self._bound("about", AboutForm, about),
            "about": about,
            "now": self.now,
        }

    def _bound(self, verb: str, form: type[forms.Form], initial: Any = None) -> forms.Form:
        """The form that was sent with what was typed, when it is this one; else a fresh one."""
        return self.form if verb and verb == self.verb and self.form is not None else form(initial=initial)

    def _change_form(self, point: ContactPoint, chosen: str) -> forms.Form:
        if self.verb == "change" and self.form is not None and str(point.pk) == chosen:
            return self.form
        return ChangeForm(initial={"label": point.label}, auto_id=f"c{point.pk}_%s")
