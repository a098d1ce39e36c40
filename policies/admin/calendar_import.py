"""Bringing a calendar in: a file or an address, a look at what it would change, then the step itself."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from policies.decisions.rota import RotaPerson
from policies.models import CalendarSource
from policies.oncall.calendars.looking import Look, look_at
from policies.oncall.calendars.source_services import Wanted, add_source, bring_in, may_import, obtained, renew_source
from portal.foundation import clock
from portal.foundation.adminkit.bases import show_in
from portal.foundation.adminkit.moments import moment
from portal.foundation.errors import InvalidInput, PortalError
from portal.foundation.people.models import User
from portal.foundation.words import counted

from .calendar_forms import CopyForm, ImportForm, ReasonForm

Row = dict[str, Any]
MOST_ROWS = 60


class _SourceView(View):
    model_admin: Any = None

    def source(self, request: HttpRequest, object_id: str) -> CalendarSource:
        found = self.model_admin.get_object(request, object_id)
        if found is None:
            raise Http404
        if not may_import(request.user, found.schedule, found.person):
            raise PermissionDenied
        return found  # type: ignore[no-any-return]

    def show(self, request: HttpRequest, form: forms.Form, **more: Any) -> HttpResponse:
        context = {**self.model_admin.admin_site.each_context(request), "form": form, "media": self.model_admin.media, **more}
        return render(request, "policies/calendar_import.html", context, status=400 if form.errors else 200)


class ImportView(_SourceView):
    """A new calendar. POST reads it and goes on to the page that says what it would change; nobody's duty changes yet."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._ask(request, ImportForm(reader=request.user, initial={"schedule": request.GET.get("schedule", "")}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ImportForm(request.POST, request.FILES, reader=request.user)
        if form.is_valid():
            data, address = form.copy()
            schedule = form.chosen()
            person = None if schedule else themselves(request)
            wanted = Wanted(form.cleaned_data["name"], schedule, person, data, address, form.cleaned_data["refresh_every"])
            try:
                source = add_source(wanted, obtained(data, address), actor=request.user, now=clock.now())
                return redirect(self.model_admin.page_of(source))
            except PortalError as error:
                show_in(form, error)
        return self._ask(request, form)

    def _ask(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        first = "Bring in a calendar that is kept elsewhere. First you see what it would change; nobody's duty changes until you say so."
        return self.show(request, form, title="Bring in a calendar", first_line=first, button="Look at what it would change")


class RenewView(_SourceView):
    """Another file or address for a calendar that is there."""

    def get(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.source(request, object_id)
        return self._ask(request, CopyForm(initial={"refresh_every": source.refresh_every}), source)

    def post(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.source(request, object_id)
        form = CopyForm(request.POST, request.FILES)
        if form.is_valid():
            data, address = form.copy()
            wanted = Wanted(source.name, data=data, address=address, refresh_every=form.cleaned_data["refresh_every"])
            try:
                renew_source(source, wanted, obtained(data, address), actor=request.user, now=clock.now())
                return redirect(self.model_admin.page_of(source))
            except PortalError as error:
                show_in(form, error)
        return self._ask(request, form, source)

    def _ask(self, request: HttpRequest, form: forms.Form, source: CalendarSource) -> HttpResponse:
        first = f"Give a newer file or another address for {source}. What is in use stays in use until you bring the new copy in."
        back = self.model_admin.page_of(source)
        return self.show(request, form, title=str(source), first_line=first, button="Look at what it would change", back=back)


class BringInView(_SourceView):
    """The step itself: POST only, with the reason. Reading the copy takes a moment, so it is done outside of a transaction."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source = self.source(request, object_id)
        form = ReasonForm(request.POST)
        try:
            if not form.is_valid():
                raise InvalidInput("Say in a sentence why the schedule changes.")
            if request.POST.get("looked_at", "") != copy_mark(source):
                raise InvalidInput("The copy changed since you looked at it. Look at it again.")
            look = bring_in(source, actor=request.user, now=clock.now(), reason=form.cleaned_data["reason"])
            messages.success(request, f"Brought in: {counted(len(look.wanted), 'stretch', 'stretches')} in the coming 180 days.")
        except PortalError as error:
            messages.error(request, error.message)
        return redirect(self.model_admin.page_of(source))


def copy_mark(source: CalendarSource) -> str:
    """Tells two waiting copies apart."""
    return source.pending_at.isoformat() if source.pending_at else ""


def look_panel(source: CalendarSource, reader: Any, now: datetime) -> Row | None:
    """Context for policies/calendar_look.html: what the copy that waits would change; None when none waits."""
    if not source.pending:
        return None
    panel: Row = {
        "mark": copy_mark(source),
        "may_bring_in": may_import(reader, source.schedule, source.person),
        "form": ReasonForm(auto_id="look-%s"),
    }
    try:
        look = look_at(source, source.pending.encode(), now)
    except PortalError as error:
        return {**panel, "problem": error.message}
    return {**panel, **_shown(look, now)}


def _shown(look: Look, now: datetime) -> Row:
    rows = look.rows
    return {
        "look": look,
        "said": f"{counted(look.reading.events, 'event')} read, {counted(len(look.wanted), 'stretch', 'stretches')} in the coming 180 days.",
        "rows": f"{len(rows.new):,} to make, {len(rows.ended):,} to end, {rows.kept:,} stay as they are.",
        "changes": [
            (moment(each.since, now), moment(each.until, now), _name(each.before), _name(each.after)) for each in look.changes[:MOST_ROWS]
        ],
        "left_out": max(len(look.changes) - MOST_ROWS, 0),
        "overlaps": [(moment(each.since, now), moment(each.until, now), each.first, each.second) for each in look.overlaps[:MOST_ROWS]],
        "remarks": look.remarks.splitlines(),
    }


def _name(person: RotaPerson | None) -> str:
    return person.name if person else ""


def themselves(request: HttpRequest) -> User:
    """The reader as a row: the request holds a lazy stand-in."""
    return User.objects.get(username=request.user.get_username())
