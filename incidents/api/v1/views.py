"""The doors: each parses, calls one service, answers."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.escalation import services as escalation
from incidents.lifecycle import services
from incidents.lifecycle.models import OPERATIONAL
from incidents.lifecycle.queries import incidents_for, service_called
from incidents.lifecycle.reading import note_reading
from incidents.models import Incident
from policies.decisions.vocabulary import Track
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.apikit import repeats
from portal.foundation.apikit.described import FOUND, LISTED, PROBLEMS, REPEATABLE
from portal.foundation.apikit.forms import read, shown
from portal.foundation.apikit.written import Written

from . import serializers as forms
from .filters import IncidentFilter
from .opened import as_opened
from .orders import Orders


class Incidents(Orders, viewsets.GenericViewSet):
    """Incidents within the caller's rights."""

    lookup_field = "number"
    lookup_value_regex = r"[A-Za-z0-9_.-]{1,40}"
    queryset = Incident.objects.none()
    serializer_class = forms.IncidentOutput
    filterset_class = IncidentFilter

    def get_queryset(self) -> Any:
        return incidents_for(self.request.user)

    @extend_schema(responses={200: forms.IncidentOutput(many=True), **LISTED})
    def list(self, request: Request) -> Response:
        """Newest first, fifty a page. Drills are left out unless `origin=drill` asks for them."""
        self._refuse_unknown(request)
        drills = request.query_params.get("origin") == Incident.Origin.DRILL
        seen = self.get_queryset() if drills else self.get_queryset().filter(OPERATIONAL)
        page = self.paginate_queryset(self.filter_queryset(seen))
        return self.get_paginated_response(forms.IncidentOutput(page, many=True).data)

    @extend_schema(request=forms.IncidentInput, parameters=[REPEATABLE], responses={201: forms.IncidentStoryOutput, **PROBLEMS})
    def create(self, request: Request) -> Response:
        """Opens an incident, grades it by its readings and pins the policy version in force."""
        now = clock.now()
        data = read(forms.IncidentInput, request.data)

        def do() -> Response:
            service = service_called(data["service"], request.user, verb="incidents.add_incident")
            incident = services.open_incident(
                title=data["title"],
                service=service,
                impact=data["impact"],
                urgency=data["urgency"],
                description=data["description"],
                readings=[forms.ReadingInput.reading(reading, now) for reading in data["readings"]],
                actor=request.user,
                now=now,
                origin=Incident.Origin.API,
                caller=request.user,
                **forms.IncidentInput.facts(data),
            )
            if not may(request.user, "incidents.view_incident", incident):
                raise Http404
            return _with_location(Written(as_opened(incident), status=201))

        return repeats.once(request, now, do)

    @extend_schema(responses={200: forms.IncidentStoryOutput, **FOUND})
    def retrieve(self, request: Request, number: str) -> Response:
        """One incident with its readings and its timeline."""
        incident = self._fresh(number)
        note_reading(incident, reader=request.user, now=clock.now())
        return _told(incident)

    @extend_schema(request=forms.IncidentChange, parameters=[REPEATABLE], responses={200: forms.IncidentStoryOutput, **PROBLEMS})
    def partial_update(self, request: Request, number: str) -> Response:
        """Sets markers and business facts, and corrects title, description, impact or urgency, for a reason; judged anew at once."""
        now, data = clock.now(), read(forms.IncidentChange, request.data)
        details, facts = forms.IncidentChange.details(data), forms.IncidentChange.facts(data)
        if not details and not facts:
            raise ValidationError({"": ["Nothing is to be changed: send at least one field beside the reason."]})
        return self._verb(
            request,
            number,
            lambda incident: services.amend(incident, details=details, facts=facts, actor=request.user, now=now, reason=data["reason"]),
        )

    @extend_schema(request=forms.AcknowledgeInput, parameters=[REPEATABLE], responses={200: forms.IncidentStoryOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, number: str) -> Response:
        """The caller has it now; paging stops."""
        now, data = clock.now(), read(forms.AcknowledgeInput, request.data)
        return self._verb(
            request, number, lambda incident: escalation.acknowledge(incident, actor=request.user, now=now, reason=data["reason"])
        )

    @extend_schema(
        request=forms.AcknowledgeInput,
        parameters=[REPEATABLE, OpenApiParameter("track", str, OpenApiParameter.PATH, enum=[track.value for track in Track])],
        responses={200: forms.IncidentStoryOutput, **PROBLEMS},
    )
    @action(detail=True, methods=["post"], url_path=r"tracks/(?P<track>[a-z_]{1,40})/acknowledge")
    def acknowledge_track(self, request: Request, number: str, track: str) -> Response:
        """The caller answers for this track; its alerts stop. The technical track is acknowledged with the incident."""
        now, data = clock.now(), read(forms.AcknowledgeInput, request.data)
        return self._verb(
            request,
            number,
            lambda incident: escalation.acknowledge_track(incident, track, actor=request.user, now=now, reason=data["reason"]),
        )

    @extend_schema(request=forms.ResolveInput, parameters=[REPEATABLE], responses={200: forms.IncidentStoryOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, number: str) -> Response:
        """Service is restored; the reason says how."""
        now, data = clock.now(), read(forms.ResolveInput, request.data)
        return self._verb(
            request, number, lambda incident: escalation.resolve(incident, actor=request.user, now=now, reason=data["reason"])
        )

    @extend_schema(request=forms.NoteInput, parameters=[REPEATABLE], responses={201: forms.IncidentStoryOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def notes(self, request: Request, number: str) -> Response:
        """Adds words to the timeline."""
        now, data = clock.now(), read(forms.NoteInput, request.data)
        return self._verb(
            request, number, lambda incident: services.add_note(incident, actor=request.user, now=now, text=data["text"]), status=201
        )

    def _verb(self, request: Request, number: str, do: Any, status: int = 200) -> Response:
        def told() -> Response:
            do(get_object_or_404(self.get_queryset(), number=number))
            return _told(self._fresh(number), status=status)

        return repeats.once(request, clock.now(), told)

    def _fresh(self, number: str) -> Incident:
        found: Incident = get_object_or_404(self.get_queryset().prefetch_related("readings", "timeline"), number=number)
        return found

    def _refuse_unknown(self, request: Request) -> None:
        known = {*IncidentFilter.base_filters, "page", "page_size"}
        unknown = sorted(request.query_params.keys() - known)
        if unknown:
            raise ValidationError({name[:60]: [f"Unknown filter. Known: {', '.join(sorted(known))}."] for name in unknown[:20]})


class Readings(viewsets.GenericViewSet):
    """Readings of services."""

    serializer_class = forms.ServiceReadingInput
    filter_backends: tuple[Any, ...] = ()

    @extend_schema(request=forms.ServiceReadingInput, parameters=[REPEATABLE], responses={201: forms.ReadingOutcome, **PROBLEMS})
    def create(self, request: Request) -> Response:
        """Keeps a reading; one that breaks a threshold declares an incident, or worsens the open one."""
        now = clock.now()
        data = read(forms.ServiceReadingInput, request.data)

        def do() -> Response:
            service = service_called(data["service"], request.user, verb="incidents.add_impactreading")
            given = forms.ReadingInput.reading(data, now)
            reading, incident = services.record_reading(
                service, measure=given.measure, value=given.value, observed_at=given.observed_at, actor=request.user, now=now
            )
            return Response(forms.ReadingOutcome({"reading": reading, "incident": incident}).data, status=201)

        return repeats.once(request, now, do)


def _told(incident: Incident, status: int = 200) -> Response:
    response = Response(shown(forms.IncidentStoryOutput, incident), status=status)
    return _with_location(response) if status == 201 else response


def _with_location(response: Response) -> Response:
    response["Location"] = response.data["url"]
    return response
