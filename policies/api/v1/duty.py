"""The doors to duty: who is on call for schedules, teams and services, the final view of a period, and its gaps."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.db.models import Q
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from policies.decisions.rota import Slot
from policies.models import OnCallSchedule, Service, Team
from policies.oncall.queries import NO_TIME, Planned, planned
from policies.oncall.who import (
    OnCall,
    following_the_sun,
    on_call_of_schedules,
    on_call_of_services,
    on_call_of_teams,
    plans_of_teams,
)
from portal.foundation import clock
from portal.foundation.access.checks import may, visible_to
from portal.foundation.access.reach import reach_of
from portal.foundation.apikit.described import ASKED, LISTED
from portal.foundation.apikit.fields import aware_in_query

from .duty_answers import GapsOutput, OnCallDetailOutput, OnCallOutput, ViewOutput
from .reach import refuse_unknown

RIGHT = "policies.view_oncallschedule"
# Schedules are planned in these years; beyond them a question is a slip of the keyboard.
EARLIEST, LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=400)
AHEAD, MOST_NEXT = timedelta(days=60), 5
AT = OpenApiParameter("at", OpenApiTypes.DATETIME, description="An instant with its zone, from 1990 to 2100; now when left out.")
PERIOD = [
    OpenApiParameter("from", OpenApiTypes.DATETIME, required=True, description="An instant with its zone."),
    OpenApiParameter("until", OpenApiTypes.DATETIME, required=True, description="Excluded; 400 days after 'from' at most."),
]
PAGING = ("page", "page_size")
Row = dict[str, Any]


class OnCallDoor(viewsets.GenericViewSet):
    """What the three kinds of things share. A kind says what the caller may see, who is on call for many, and whose schedules count."""

    lookup_value_regex = r"[0-9]{1,15}"
    serializer_class = OnCallOutput
    filter_backends: tuple[Any, ...] = ()
    key: ClassVar[str] = "pk"

    def answers(self, things: Sequence[Any], at: datetime) -> Mapping[int, OnCall]:
        raise NotImplementedError

    def plans(self, thing: Any, since: datetime) -> Sequence[Planned]:
        raise NotImplementedError

    @extend_schema(parameters=[AT], responses={200: OnCallOutput(many=True), **LISTED})
    def list(self, request: Request) -> Response:
        """Who is on call for each, at an instant; by name, fifty a page."""
        refuse_unknown(request.query_params, {"at", *PAGING})
        at = instant(request.query_params, "at", clock.now())
        page: Any = self.paginate_queryset(self.get_queryset())
        found = self.answers(page, at)
        return self.get_paginated_response(OnCallOutput([self.told(each, found[each.pk], at) for each in page], many=True).data)

    @extend_schema(parameters=[AT], responses={200: OnCallDetailOutput, **ASKED})
    def retrieve(self, request: Request, **named: str) -> Response:
        """Who is on call at an instant, why, until when, who stands behind them and who is next."""
        refuse_unknown(request.query_params, {"at"})
        at = instant(request.query_params, "at", clock.now())
        thing = self.thing()
        answer = self.answers([thing], at)[thing.pk]
        ahead = following_the_sun(self.plans(thing, at), at, at + AHEAD)
        following = [(slot, plan) for slot, plan in ahead if slot.since > at and slot.person is not None][:MOST_NEXT]
        said = {**self.told(thing, answer, at), "next": [slot_row(slot, plan) for slot, plan in following]}
        return Response(OnCallDetailOutput(said).data)

    @extend_schema(parameters=PERIOD, responses={200: ViewOutput, **ASKED})
    @action(detail=True, methods=["get"], url_path="view")
    def final_view(self, request: Request, **named: str) -> Response:
        """Who is on duty from when until when in a period, each stretch with its reason. The answer for the past never changes."""
        thing, since, until = self.period(request)
        view = following_the_sun(self.plans(thing, since), since, until)
        slots = [slot_row(slot, plan) for slot, plan in view]
        return Response(ViewOutput({**self.identity(thing), "since": since, "until": until, "slots": slots}).data)

    @extend_schema(parameters=PERIOD, responses={200: GapsOutput, **ASKED})
    @action(detail=True, methods=["get"])
    def gaps(self, request: Request, **named: str) -> Response:
        """Every stretch of a period with nobody on duty."""
        thing, since, until = self.period(request)
        view = following_the_sun(self.plans(thing, since), since, until)
        gaps = [
            {"since": slot.since, "until": slot.until, "seconds": int((slot.until - slot.since).total_seconds())}
            for slot, _ in view
            if slot.person is None
        ]
        return Response(GapsOutput({**self.identity(thing), "since": since, "until": until, "gaps": gaps}).data)

    def thing(self) -> Any:
        wanted = self.kwargs[self.lookup_field]
        return get_object_or_404(self.get_queryset(), **{self.key: int(wanted) if self.key == "pk" else wanted})

    def period(self, request: Request) -> tuple[Any, datetime, datetime]:
        """What is asked about, and the period. Raises ValidationError in words."""
        asked = request.query_params
        refuse_unknown(asked, {"from", "until"})
        missing = [name for name in ("from", "until") if name not in asked]
        if missing:
            raise ValidationError({name: ["Give an instant with its zone, e.g. 2026-03-02T09:00:00Z."] for name in missing})
        since, until = (instant(asked, name, EARLIEST) for name in ("from", "until"))
        if until <= since:
            raise ValidationError({"until": ["The period has to end after it begins."]})
        if until - since > LONGEST:
            raise ValidationError({"until": [f"Ask for {LONGEST.days} days at most."]})
        return self.thing(), since, until

    def identity(self, thing: Any) -> Row:
        return {"id": str(getattr(thing, self.key)), "name": str(thing)}

    def told(self, thing: Any, answer: OnCall, at: datetime) -> Row:
        schedule = {"id": answer.schedule_id, "name": answer.schedule} if answer.schedule_id else None
        said = {name: getattr(answer, name) for name in ("person", "until", "why", "source", "backups")}
        return {**self.identity(thing), "at": at, **said, "schedule": schedule}


class SchedulesOnCall(OnCallDoor):
    """On-call schedules."""

    queryset = OnCallSchedule.objects.none()

    def get_queryset(self) -> Any:
        return visible_to(self.request.user, OnCallSchedule.objects.order_by("name"), RIGHT)

    def answers(self, things: Sequence[Any], at: datetime) -> Mapping[int, OnCall]:
        return on_call_of_schedules(things, at)

    def plans(self, thing: Any, since: datetime) -> Sequence[Planned]:
        return planned(Q(pk=thing.pk), since, back=NO_TIME)


class TeamsOnCall(OnCallDoor):
    """Teams: their schedules, the first that has somebody on duty."""

    queryset = Team.objects.none()

    def get_queryset(self) -> Any:
        return visible_to(self.request.user, Team.objects.order_by("name"), RIGHT)

    def answers(self, things: Sequence[Any], at: datetime) -> Mapping[int, OnCall]:
        return on_call_of_teams(things, at)

    def plans(self, thing: Any, since: datetime) -> Sequence[Planned]:
        return plans_of_teams([thing.pk], since).get(thing.pk, [])


class ServicesOnCall(OnCallDoor):
    """Services, by their key: the duty of their team. Whoever was granted a service's incidents may ask about it."""

    queryset = Service.objects.none()
    lookup_field = "key"
    lookup_value_regex = r"[A-Za-z0-9_-]{1,120}"
    key = "key"

    def get_queryset(self) -> Any:
        known = Service.objects.select_related("team").order_by("name")
        if may(self.request.user, RIGHT):
            return known
        return known.filter(pk__in=reach_of(self.request.user, "incidents.view_incident").services)

    def answers(self, things: Sequence[Any], at: datetime) -> Mapping[int, OnCall]:
        return on_call_of_services(things, at)

    def plans(self, thing: Any, since: datetime) -> Sequence[Planned]:
        return plans_of_teams([thing.team_id], since).get(thing.team_id, []) if thing.team_id else []


def instant(asked: Mapping[str, str], name: str, otherwise: datetime) -> datetime:
    """The instant that `name` gives in a query string, UTC; `otherwise` without it. Raises ValidationError in words."""
    if name not in asked:
        return otherwise
    try:
        found = aware_in_query(asked[name])
    except ValidationError as error:
        raise ValidationError({name: error.detail}) from error
    if not EARLIEST <= found <= LATEST:
        raise ValidationError({name: [f"Ask for an instant from {EARLIEST.year} to {LATEST.year}."]})
    return found


def slot_row(slot: Slot, plan: Planned | None) -> Row:
    """A slot of a view for SlotOutput."""
    said = {name: getattr(slot, name) for name in ("since", "until", "person", "source", "layer", "why", "passed")}
    return {**said, "schedule": {"id": plan.schedule_id, "name": plan.name} if plan else None}
