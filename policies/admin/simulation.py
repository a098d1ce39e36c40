"""Simulating a policy version: a made-up incident goes in, who would be told when, how and why comes out. Nothing is written."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from policies.governance.models import PolicyVersion
from policies.models import Service
from policies.simulation.documents import document_of
from policies.simulation.scenario import NotUsable, Scenario, checked, scenario_from
from policies.simulation.script import LONGEST, NEEDS
from policies.simulation.simulating import SEE, SEE_DUTY, Simulation, simulate
from portal.foundation import clock
from portal.foundation.access.checks import may, may_somewhere, visible_to
from portal.foundation.errors import InvalidInput, PortalError

from .simulation_form import MARKERS, PAGE, RowFormSet, SimulationForm, address_of, initial_of, numbered, rows_of, suggested
from .simulation_shown import compared, shown

ROWS = "row"


def simulation_address(version: PolicyVersion) -> str:
    """The page that simulates `version`, with what suggests itself."""
    return f"{reverse(PAGE)}?version={version.pk}"


class SimulationView(View):
    """GET, with everything that is asked in the query string: the address is the simulation. `?format=json` gives the document."""

    model_admin: Any = None

    def get(self, request: HttpRequest) -> HttpResponse:
        if not may_somewhere(request.user, SEE) or not may(request.user, SEE_DUTY):
            raise PermissionDenied
        now = clock.now()
        if f"{ROWS}-TOTAL_FORMS" in request.GET:
            return self._typed(request, now)
        version, against = self._version(request, "version"), self._version(request, "against")
        zone = request.GET.get("zone") or timezone.get_current_timezone_name()
        try:
            scenario = self._scenario(request, version, now)
            ZoneInfo(zone)
        except (NotUsable, KeyError, ValueError, ArithmeticError, TypeError) as error:
            said = error.problems if isinstance(error, NotUsable) else {"": "The address cannot be read. Fill in the form."}
            return self._page(request, now, zone="UTC", problems=said, version=version, against=against)
        if scenario is None:
            return self._page(request, now, zone=zone, version=version, against=against)
        return self._simulated(request, scenario, version, against, zone, now)

    def _typed(self, request: HttpRequest, now: datetime) -> HttpResponse:
        """What was typed into the form: an address of its own, or the form with what is wrong."""
        form = SimulationForm(request.GET, actor=request.user, now=now, zone=timezone.get_current_timezone_name())
        rows = RowFormSet(request.GET, prefix=ROWS)
        if form.is_valid() and rows.is_valid():
            try:
                said = [row.cleaned_data["line"] for row in rows if row.cleaned_data.get("line")]
                scenario = checked(form.scenario(said))
            except NotUsable as error:
                return self._page(request, now, zone="UTC", form=form, rows=rows, problems=error.problems)
            version, against = form.cleaned_data["version"], form.cleaned_data["against"]
            return HttpResponseRedirect(address_of(scenario, version=version, against=against, zone=form.cleaned_data["zone"]))
        return self._page(request, now, zone="UTC", form=form, rows=rows, problems={"": "Something cannot be used: see below."})

    def _scenario(self, request: HttpRequest, version: PolicyVersion | None, now: datetime) -> Scenario | None:
        asked = request.GET
        if "service" not in asked and "begins" not in asked:
            services = visible_to(request.user, Service.objects.order_by("name"), "policies.view_service")
            return suggested(version, services, now) if version is not None else None
        plain = {name: str(asked[name]) for name in asked if name not in ("version", "against", "zone", "event", "format")}
        told: dict[str, Any] = {**plain, "script": asked.getlist("event")}
        for name in {"service", "impact", "urgency", "segment", "exposure"} & plain.keys():
            told[name] = int(plain[name][:15])
        told |= {name: True for name in MARKERS if name in plain}
        if "labels" in plain:
            told["labels"] = [label.strip() for label in plain["labels"].split(",") if label.strip()]
        return scenario_from(told)

    def _simulated(
        self,
        request: HttpRequest,
        scenario: Scenario,
        version: PolicyVersion | None,
        against: PolicyVersion | None,
        zone: str,
        now: datetime,
    ) -> HttpResponse:
        initial = initial_of(scenario, version=version, against=against, zone=zone)
        form = SimulationForm(initial=initial, actor=request.user, now=now, zone=zone)
        rows = RowFormSet(initial=rows_of(scenario), prefix=ROWS)
        try:
            found = simulate(version, scenario, actor=request.user, now=now)
            other = simulate(against, scenario, actor=request.user, now=now) if against else None
        except InvalidInput as error:
            problems = {name: " ".join(said) for name, said in error.fields.items()} or {"": error.message}
            return self._page(request, now, zone=zone, form=form, rows=rows, problems=problems)
        except PortalError as error:
            return self._page(request, now, zone=zone, form=form, rows=rows, problems={"": error.message})
        if request.GET.get("format") == "json":
            told = document_of(found) | ({"against": document_of(other)} if other else {})
            return JsonResponse(told, json_dumps_params={"indent": 2, "ensure_ascii": False})
        address = address_of(scenario, version=version, against=against, zone=zone)
        return self._page(request, now, zone=zone, form=form, rows=rows, found=found, other=other, address=address)

    def _page(
        self,
        request: HttpRequest,
        now: datetime,
        *,
        zone: str,
        form: SimulationForm | None = None,
        rows: Any = None,
        problems: dict[str, str] | None = None,
        found: Simulation | None = None,
        other: Simulation | None = None,
        address: str = "",
        version: PolicyVersion | None = None,
        against: PolicyVersion | None = None,
    ) -> HttpResponse:
        if form is None:
            services = visible_to(request.user, Service.objects.order_by("name"), "policies.view_service")
            begin = suggested(version, services, now)
            initial = initial_of(begin, version=version, against=against, zone=zone) if begin else {"zone": zone}
            form = SimulationForm(initial=initial, actor=request.user, now=now, zone=zone)
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "title": "Simulate",
            "media": self.model_admin.media + form.media,
            "form": form,
            "rows": rows if rows is not None else RowFormSet(prefix=ROWS),
            "problems": _named(problems or {}),
            "needs": NEEDS.items(),
            "longest": LONGEST.days,
            "found": shown(found, ZoneInfo(zone)) if found else None,
            "other": shown(other, ZoneInfo(zone)) if other else None,
            "differences": compared(found, other, ZoneInfo(zone)) if found and other else None,
            "people": found.people if found else (),
            "address": address,
            "absolute": request.build_absolute_uri(address) if address else "",
            "as_json": f"{address}&format=json" if address else "",
        }
        return render(request, "policies/simulation.html", context, status=400 if problems else 200)

    def _version(self, request: HttpRequest, name: str) -> PolicyVersion | None:
        if not request.GET.get(name):
            return None
        known = PolicyVersion.objects.select_related("policy__service", "policy__business_unit", "policy__owner")
        visible = visible_to(request.user, known, SEE)
        found = visible.filter(pk=numbered(request.GET, name) or 0).first()
        if found is None:
            raise Http404
        return found


def _named(problems: dict[str, str]) -> list[tuple[str, str]]:
    """'Line 2: …' for a line of the script, the field's name for others."""
    told = []
    for name, problem in problems.items():
        part, _, number = name.partition(".")
        place = f"Line {int(number) + 1}" if part == "script" and number.lstrip("-").isdigit() else name.replace("_", " ").capitalize()
        told.append((place, problem))
    return told
