"""A page that asks for something about duty and calls one service with it; refusals stand beside what was typed."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from portal.foundation import clock
from portal.foundation.adminkit.bases import show_in
from portal.foundation.errors import PortalError

from .zoned import YEARS, ZonedMoment


class DutyDoor(View):
    """GET shows the form of a page; POST calls `run` once and goes on, or shows the form with what is wrong."""

    model_admin: Any = None
    title = ""
    button = "Save"

    def get(self, request: HttpRequest, object_id: int = 0) -> HttpResponse:
        thing = self._thing(request, object_id)
        return self._page(request, thing, self.form(request, thing, None))

    def post(self, request: HttpRequest, object_id: int = 0) -> HttpResponse:
        thing = self._thing(request, object_id)
        form = self.form(request, thing, request.POST)
        if form.is_valid():
            try:
                outcome = self.run(request, thing, form, clock.now())
            except PortalError as error:
                self.refused(form, error)
            else:
                messages.success(request, self.done(thing, outcome))
                return redirect(self.back(thing))
        return self._page(request, thing, form, 400)

    def allowed(self, request: HttpRequest, thing: Any) -> bool:
        """Whether the reader may open the page."""
        return True

    def form(self, request: HttpRequest, thing: Any, data: Any) -> forms.Form:
        """The form, with `data` when it was sent."""
        raise NotImplementedError

    def run(self, request: HttpRequest, thing: Any, form: forms.Form, now: datetime) -> Any:
        """Calls the service."""
        raise NotImplementedError

    def refused(self, form: forms.Form, error: PortalError) -> None:
        """Puts a refusal into the form."""
        show_in(form, error)

    def done(self, thing: Any, outcome: Any) -> str:
        """What to say after it was done."""
        return "Saved."

    def back(self, thing: Any) -> str:
        """Where to go on."""
        return str(self.model_admin.page_of(thing))

    def words(self, request: HttpRequest, thing: Any, form: forms.Form) -> dict[str, Any]:
        """More for the page: `first_line`, `consequence`, `above` (a template)."""
        return {}

    def _thing(self, request: HttpRequest, object_id: int) -> Any:
        thing = self.model_admin.get_object(request, str(object_id)) if object_id else None
        if object_id and thing is None:
            raise Http404
        if (object_id and not self.model_admin.has_view_permission(request, thing)) or not self.allowed(request, thing):
            raise PermissionDenied
        return thing

    def _page(self, request: HttpRequest, thing: Any, form: forms.Form, status: int = 200) -> HttpResponse:
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "original": thing,
            "title": self.title,
            "button": self.button,
            "media": self.model_admin.media,
            "form": form,
            "back": self.back(thing),
            **self.words(request, thing, form),
        }
        return render(request, "policies/duty_form.html", context, status=status)


class StretchForm(forms.Form):
    """From and until, typed and shown on the clocks of one zone. What a link brought along may stay, to the second."""

    starts_at = ZonedMoment(label="From")
    ends_at = ZonedMoment(label="Until")

    def __init__(self, data: Any, *, zone: str, asked: tuple[datetime | None, datetime | None] = (None, None), **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for name, at in zip(("starts_at", "ends_at"), asked, strict=True):
            field: Any = self.fields[name]
            field.place_in(zone, at)
            field.help_text = f"Day and time in {zone}."
            self.initial[name] = at

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in ("starts_at", "ends_at"):
            if name not in self.errors and data.get(name) is None:
                self.add_error(name, "Give the day and the time.")
        return data


def asked_stretch(request: HttpRequest) -> tuple[datetime | None, datetime | None]:
    """`?from=…&until=…` as instants; None for what is missing or nonsense."""
    return _instant(request.GET.get("from", "")), _instant(request.GET.get("until", ""))


def reachable_zone(name: str) -> str:
    """The zone, or UTC when nobody knows it."""
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError):
        return "UTC"


def _instant(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        return None
    return read.astimezone(UTC) if read.tzinfo is not None and read.year in YEARS else None
