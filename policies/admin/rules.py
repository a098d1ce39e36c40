"""The rules that count for a service at an instant: which policy supplies each part, why, and what they say together."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from policies.catalogue.models import Service
from policies.decisions.scopes import PARTS, PIECES, RulesInForce, Source
from policies.governance.queries import rules_in_force
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment, zone_name
from portal.foundation.errors import PortalError

from .alerted_now import alerted_now
from .content import WITHOUT, snapshot_panels
from .zoned import YEARS, ZonedMoment

SEE_RULES = "policies.view_policyversion"


class InstantForm(forms.Form):
    """For which instant the rules are shown; empty for now."""

    at = ZonedMoment(label="Show the rules at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = str(timezone.get_current_timezone_name())
        field: Any = self.fields["at"]
        field.place_in(zone if _is_zone(zone) else "UTC", None)
        field.help_text = f"Day and time in {zone}. Past and future instants show what counted, or will count as approved today."


def rules_address(service: Service) -> str:
    return reverse("admin:policies_service_rules", args=[service.pk])


def rules_panel(service: Service, at: datetime) -> dict[str, Any]:
    """Part by part: supplier, reason, who is beaten; or what keeps the rules from being trusted."""
    try:
        rules = rules_in_force(service, at)
    except PortalError as error:
        return {"rules_problem": error.message}
    return {"rules": rules, "parts": [_part(rules, part) for part in PARTS]}


def _part(rules: RulesInForce, part: str) -> dict[str, Any]:
    won = next((won for won in rules.won if won.part == part), None)
    joined = part in PIECES and won is not None and bool(won.beaten)
    return {
        "name": part[:1].upper() + part[1:],
        "supplier": _linked(won.source) if won else None,
        "why": won.why if won else WITHOUT[part.replace(" ", "_")],
        "beaten": [_linked(source) for source in won.beaten] if won else [],
        # Pieces of broader policies stand beside those of narrower ones, unless they speak about the same thing.
        "joined": joined,
    }


def _linked(source: Source) -> tuple[str, str]:
    return source.name, reverse("admin:policies_policyversion_change", args=[source.version_id])


class RulesView(View):
    """GET, with ?at= an instant in ISO 8601, or with a day and a time from the page's form."""

    model_admin: Any = None

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        service = self.model_admin.get_object(request, str(object_id))
        if service is None:
            raise Http404
        if not self.model_admin.has_view_permission(request, service) or not may(request.user, SEE_RULES):
            raise PermissionDenied
        now = clock.now()
        form, at = _asked(request, now)
        panel = rules_panel(service, at)
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "original": service,
            "title": f"Rules for {service}",
            "media": self.model_admin.media,
            "service": service,
            "page": self.model_admin.page_of(service),
            "form": form,
            "at": moment(at, now),
            "is_now": at == now,
            "zone": zone_name(at),
            **panel,
            **(snapshot_panels(panel["rules"].content, instead=WITHOUT) if "rules" in panel else {}),
            **(alerted_now(panel["rules"].content, request.user, at) if "rules" in panel else {}),
        }
        return render(request, "policies/rules.html", context, status=400 if form.errors else 200)


def _asked(request: HttpRequest, now: datetime) -> tuple[InstantForm, datetime]:
    """The form, and the instant it asks for; now when it asks for none or for nonsense, which the form then says."""
    text = request.GET.get("at", "").strip()
    if text:
        form = InstantForm({})
        at = _instant(text)
        if at is None:
            form.add_error("at", f"'{text[:40]}' is no instant. Write for example 2026-03-02T00:00Z, or choose a day below.")
            return form, now
        return InstantForm(initial={"at": at}), at
    if not request.GET.get("at_0") and not request.GET.get("at_1"):
        return InstantForm(), now
    form = InstantForm(request.GET)
    return form, form.cleaned_data["at"] if form.is_valid() and form.cleaned_data["at"] else now


def _instant(text: str) -> datetime | None:
    """ISO 8601; without an offset in the reader's zone."""
    try:
        read = datetime.fromisoformat(text.replace(" ", "+"))
        return (read if read.tzinfo else timezone.make_aware(read)).astimezone(UTC) if read.year in YEARS else None
    except (ValueError, OverflowError):
        return None


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ValueError, OSError):
        return False
