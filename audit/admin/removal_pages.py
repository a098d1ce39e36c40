"""The pages on which a hold is placed, and on which somebody asks that entries go."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views import View

from audit.ledger.personal import parsed
from audit.retention.erasure import Search, ask_erasure, look_for
from audit.retention.holds import place_hold
from audit.retention.pruning import Found, ask_pruning, what_is_old
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import show_in
from portal.foundation.errors import PortalError
from portal.foundation.people.models import User
from portal.foundation.words import counted

from .objects import objects_like
from .removal_shown import classes_shown, in_words
from .retention_forms import ErasureForm, HoldForm, PersonForm, ReasonForm


class AskingView(View):
    """A page of one form, for those who hold `right`."""

    model_admin: Any = None
    right, title, template = "audit.ask_removal", "", "audit/ask_removal.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not may(request.user, self.right):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def show(self, request: HttpRequest, form: forms.Form | None, **more: Any) -> HttpResponse:
        opts = self.model_admin.opts
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": opts,
            "title": self.title,
            "form": form,
            "media": self.model_admin.media,
            "back": reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
            **more,
        }
        return render(request, self.template, context, status=400 if form is not None and form.errors else 200)


class HoldView(AskingView):
    """Placing a hold."""

    right, title = "audit.place_legalhold", "Place a legal hold"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, HoldForm(initial={"held": request.GET.get("held", "")[:500]}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = HoldForm(request.POST)
        if form.is_valid():
            said = form.cleaned_data
            on = {name: said.get(name, "") for name in ("object_model", "object_pk")}
            try:
                hold = place_hold(actor=request.user, now=clock.now(), reason=said["reason"], **on)
                return redirect(self.model_admin.page_of(hold))
            except PortalError as error:
                show_in(form, error)
        return self._page(request, form)

    def _page(self, request: HttpRequest, form: HoldForm) -> HttpResponse:
        found = objects_like(form.looked_for, request, self.model_admin.admin_site) if form.looked_for else []
        if found:
            form.errors["held"] = form.error_class(["Choose below which one is meant."])
        return self.show(
            request,
            form,
            term=form.looked_for,
            meant=found,
            first_line="What is held is neither pruned nor erased, however old it is, until somebody else than you lifts it.",
            button="Place the hold",
        )


class PruneView(AskingView):
    """What is old enough now, and asking that it goes."""

    title = "Prune what is old enough"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, ReasonForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ReasonForm(request.POST)
        if form.is_valid():
            try:
                removal = ask_pruning(actor=request.user, now=clock.now(), reason=form.cleaned_data["reason"])
                return redirect(self.model_admin.page_of(removal))
            except PortalError as error:
                show_in(form, error)
        return self._page(request, form)

    def _page(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        now = clock.now()
        found = what_is_old(now=now)
        about = {"classes": classes_shown(found.policy, now), "found": found, "first_line": _old_in_words(found)}
        return self.show(request, form if found.entries else None, button="Ask for its removal", periods=True, **about)


class EraseView(AskingView):
    """Whose data is to go, where the trail names the person in clear, and asking that it goes."""

    title, template = "Erase a person's data", "audit/erase.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(request, None, person_form=PersonForm(), first_line=FIRST)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Looking is a POST, too: what was looked for is to stand in no server's log of addresses."""
        person_form = PersonForm(request.POST)
        if not person_form.is_valid():
            return self.show(request, person_form, person_form=person_form, first_line=FIRST)
        person, others = person_form.cleaned_data["username"], person_form.other_words()
        search = look_for(person, actor=request.user, now=clock.now(), others=others)
        form = ErasureForm(None if "look" in request.POST else request.POST, entries=_choices(search))
        if form.is_bound and form.is_valid():
            said = form.cleaned_data
            asked = {"reason": said["reason"], "chosen": said.get("chosen", []), "others": others}
            try:
                removal = ask_erasure(person, actor=request.user, now=clock.now(), **asked)
                return redirect(self.model_admin.page_of(removal))
            except PortalError as error:
                show_in(form, error)
        stays = sum(naming.stays for naming in search.found)
        more = {"person": person, "search": search, "stays": stays, "first_line": _found_in_words(person, search)}
        return self.show(request, form, person_form=person_form, **more)


FIRST = "Name the person. You see where the trail says who they were, and decide which entries go altogether."


def _old_in_words(found: Found) -> str:
    if not found.entries:
        return "Nothing may go: no sealed entry is older than its class is kept and free of holds."
    rest = " There are others: ask for them when these are gone." if found.more else ""
    return f"{counted(len(found.entries), 'entry is', 'entries are')} older than the class is kept, and may go.{rest}"


def _found_in_words(person: User, search: Search) -> str:
    cards = counted(search.cards, "name or address", "names and addresses")
    entries = counted(len(search.found), "entry names", "entries name")
    least = "At least " if search.more else ""
    return f"The trail keeps {cards} of {person} on cards; they all go. {least}{entries} the person in clear."


def _choices(search: Search) -> list[tuple[int, str]]:
    free = [naming for naming in search.found if not naming.stays]
    contents = parsed(naming.event.payload for naming in free)
    return [
        (naming.index, f"Entry {naming.index:,}, {in_words(naming.event, content)}") for naming, content in zip(free, contents, strict=True)
    ]
