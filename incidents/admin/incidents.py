"""The list of incidents and the page of one."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from incidents.lifecycle.facts import CONFIDENTIAL, MARKERS
from incidents.lifecycle.models import OPERATIONAL
from incidents.lifecycle.queries import BESIDE_AN_INCIDENT, incidents_for
from incidents.lifecycle.reading import note_reading
from incidents.lifecycle.services import open_incident
from incidents.lifecycle.states import IncidentState
from incidents.mandates.queries import mandates_of
from incidents.models import Incident
from policies.decisions.severity import Reading
from policies.models import Service
from portal.foundation import clock
from portal.foundation.access.checks import may, may_somewhere, visible_to
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

from .fact_fields import BUSINESS, told
from .forms import OpenForm
from .mandates import USE_MANDATE
from .marker_filter import MarkerFilter
from .marks import priority_mark, severity_mark, state_mark
from .page import beside_context, live_context
from .tracks import track_buttons
from .verbs import MAIN, VERBS

VIEW, ADD = "incidents.view_incident", "incidents.add_incident"


@admin.register(Incident)
class IncidentAdmin(PortalModelAdmin):
    """Lines that say how bad, what, where, since when and who has it; a page that says what happens next."""

    form = OpenForm
    verbs = VERBS
    list_display = ("how_bad", "number_and_title", "state_in_words", "at_service", "in_order", "since", "who_has_it")
    list_display_links = ("how_bad", "number_and_title")
    list_select_related = BESIDE_AN_INCIDENT
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("severity", ChoicesDropdownFilter),
        ("priority", ChoicesDropdownFilter),
        ("origin", ChoicesDropdownFilter),
        MarkerFilter,
        ("service", RelatedDropdownFilter),
        ("team", RelatedDropdownFilter),
    )
    list_filter_submit = True
    search_fields = ("number", "title")
    search_help_text = "Number or words of the title"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    actions = None
    ordering = ("-opened_at", "-id")
    fieldsets = (
        (None, {"fields": ("title", "service", "impact", "urgency", "description")}),
        ("Markers", {"fields": tuple(MARKERS), "description": "Each starts the legal and compliance track."}),
        ("Who may read of it", {"fields": (CONFIDENTIAL,)}),
        ("What was read off a dashboard", {"fields": ("measure", "value"), "description": "Optional. It can give the severity at once."}),
        ("What it costs", {"fields": BUSINESS, "description": "Optional. It can raise the priority, or the level that is alerted first."}),
    )
    add_form_template = "incidents/open.html"
    add_words = "Open incident"
    empty_list = "No incident yet. People open them, tools send them to the API, and a reading that breaks a threshold declares one."

    class Media:
        css = {"all": ("portal/portal.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        """The list shows drills only when they are asked for."""
        found = incidents_for(request.user).order_by(*self.ordering)
        drills = not self._is_list(request) or request.GET.get("origin__exact") == Incident.Origin.DRILL
        return found if drills else found.filter(OPERATIONAL)

    def _is_list(self, request: HttpRequest) -> bool:
        match = request.resolver_match
        return match is not None and match.url_name == "incidents_incident_changelist"

    def get_urls(self) -> list[URLPattern]:
        live = path("<path:object_id>/live/", self.admin_site.admin_view(self.live_view), name="incidents_incident_live")
        return [live, *super().get_urls()]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, VIEW, obj) if obj is not None else may_somewhere(request.user, VIEW)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(may(request.user, ADD) or _services_to_work(request).exists())

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never by a form: verbs change an incident."""
        return False

    def has_view_or_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET"])
        incident = self.get_object(request, unquote(object_id))
        if incident is None:
            missing: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return missing
        now = clock.now()
        note_reading(incident, reader=request.user, now=now)
        context = {**self._page(request, incident, now), **beside_context(request, incident), **(extra_context or {})}
        return TemplateResponse(request, "incidents/incident.html", context)

    def live_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The changing parts of the page alone, for the script that keeps it current; 304 when nothing has changed."""
        incident = self.get_object(request, unquote(object_id))
        if incident is None or not self.has_view_permission(request, incident):
            raise Http404
        now = clock.now()
        note_reading(incident, reader=request.user, now=now)
        context = self._page(request, incident, now)
        if request.headers.get("If-None-Match") == f'"{context["stamp"]}"':
            return HttpResponse(status=304)
        return TemplateResponse(
            request, "incidents/live.html", context, headers={"ETag": f'"{context["stamp"]}"', "Cache-Control": "no-store"}
        )

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        """A mandate is held by few, whatever their role; the others are not led to a page that refuses them."""
        allowed = super().may_use(request, verb, thing)
        return allowed and (verb is not USE_MANDATE or bool(mandates_of(request.user, thing, clock.now())))

    def _page(self, request: HttpRequest, incident: Incident, now: datetime) -> dict[str, Any]:
        live = live_context(request, incident, now)
        offered = [(verb, self.verb_address(incident, verb)) for verb in self.offered(request, incident)]
        if live["held"] and live["mine"] and incident.state == IncidentState.IN_PROGRESS:
            # Pressing it again would change nothing.
            offered = [(verb, address) for verb, address in offered if verb.key != "acknowledge"]
        if live["held"]:
            # One presses what changes something: nobody acknowledges what somebody else has, and nobody takes over their own.
            useless = "take-over" if live["mine"] else "acknowledge"
            offered = [(verb, address) for verb, address in offered if verb.key != useless]
        # Whoever has it resolves it or hands it over.
        main = {*MAIN, "hand-over" if live["mine"] else "take-over"} if live["held"] else {*MAIN}
        return {
            **self.admin_site.each_context(request),
            **live,
            "opts": self.opts,
            "original": incident,
            "title": incident.number,
            "media": self.media,
            "main_verbs": [(verb, address) for verb, address in offered if verb.key in main and verb.key != "note"],
            "note_address": next((address for verb, address in offered if verb.key == "note"), ""),
            "more_verbs": [(verb, address) for verb, address in offered if verb.key not in main],
            "track_verbs": track_buttons(offered),
        }

    def first_line(self, thing: Incident, now: datetime) -> str:
        return f"{thing.number} {thing.title}"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "service" and not may(request.user, ADD):
            kwargs["queryset"] = _services_to_work(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Incident, form: Any, change: bool) -> None:
        fields = {name: form.cleaned_data[name] for name in ("title", "service", "impact", "urgency", "description")}
        now = clock.now()
        measure, value = form.cleaned_data["measure"], form.cleaned_data["value"]
        readings = [Reading(measure, value, now)] if measure else []
        facts = told(form.cleaned_data)
        opened = open_incident(**fields, readings=readings, actor=request.user, now=now, caller=request.user, **facts)
        obj.__dict__.update(opened.__dict__)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit trail has it already."""

    def response_add(self, request: HttpRequest, obj: Incident, post_url_continue: str | None = None) -> HttpResponse:
        return redirect(self.page_of(obj))

    @admin.display(description="Severity", ordering="severity")
    def how_bad(self, incident: Incident) -> str:
        return severity_mark(incident.severity)

    @admin.display(description="Incident")
    def number_and_title(self, incident: Incident) -> str:
        return f"{incident.number} {incident.title}"

    @admin.display(description="State", ordering="state")
    def state_in_words(self, incident: Incident) -> SafeString:
        return state_mark(incident)

    @admin.display(description="Service", ordering="service__name")
    def at_service(self, incident: Incident) -> str:
        return str(incident.service)

    @admin.display(description="Priority", ordering="priority")
    def in_order(self, incident: Incident) -> str:
        return priority_mark(incident)

    @admin.display(description="Opened", ordering="opened_at")
    def since(self, incident: Incident) -> SafeString | str:
        return moment(incident.opened_at, clock.now())

    @admin.display(description="Who has it")
    def who_has_it(self, incident: Incident) -> str:
        person, team = incident.assigned_to, incident.team
        return str(person) if person else f"{team} (group)" if team else "nobody yet"


def _services_to_work(request: HttpRequest) -> QuerySet[Service]:
    return visible_to(request.user, Service.objects.all(), ADD)
