"""The doors to changes of duty: overrides, absences and swaps. The rules are the services', as in the admin."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from policies.models import DutyAbsence, DutySwap, OnCallOverride, OnCallSchedule
from policies.oncall.standing_in.absences import end_absence, record_absence
from policies.oncall.standing_in.overrides import end_override, make_override
from policies.oncall.standing_in.swaps import accept_swap, ask_swap, decline_swap, withdraw_swap
from portal.foundation import clock
from portal.foundation.access.checks import may, visible_to
from portal.foundation.apikit import repeats
from portal.foundation.apikit.described import FOUND, LISTED, PROBLEMS, REPEATABLE

from .duty import RIGHT
from .duty_changes import (
    AbsenceInput,
    AbsenceOutput,
    AnswerInput,
    EndInput,
    Nothing,
    OverrideInput,
    OverrideOutput,
    SwapInput,
    SwapOutput,
)

OF_SCHEDULE = OpenApiParameter("schedule", int, OpenApiParameter.PATH, description="Id of the schedule.")


class ChangesDoor(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """What the doors share: they take a form, call a service once, and give the row."""

    lookup_value_regex = r"[0-9]{1,15}"
    filter_backends: tuple[Any, ...] = ()

    def done(self, request: Request, form: type[Any], verb: Callable[[Any, datetime], Any], *, status: int = 200) -> Response:
        now, given = clock.now(), form(data=request.data)
        given.is_valid(raise_exception=True)

        def do() -> Response:
            made = verb(given.validated_data, now)
            return Response(self.get_serializer(made).data, status=status)

        return repeats.once(request, now, do)

    def row(self) -> Any:
        return get_object_or_404(self.get_queryset(), pk=int(self.kwargs["pk"]))

    def schedule(self) -> OnCallSchedule:
        return get_object_or_404(visible_to(self.request.user, OnCallSchedule.objects.all(), RIGHT), pk=int(self.kwargs["schedule"]))


@extend_schema(parameters=[OF_SCHEDULE])
class Overrides(ChangesDoor):
    """Who takes over in a schedule."""

    queryset = OnCallOverride.objects.none()
    serializer_class = OverrideOutput

    def get_queryset(self) -> Any:
        rows = OnCallOverride.objects.filter(schedule=self.schedule()).select_related("person", "instead_of")
        return visible_to(self.request.user, rows.order_by("-starts_at", "-pk"), "policies.view_oncalloverride")

    @extend_schema(responses={200: OverrideOutput(many=True), **LISTED})
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The last first, fifty a page, those that ended too."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={200: OverrideOutput, **FOUND})
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One of them."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(request=OverrideInput, parameters=[REPEATABLE], responses={201: OverrideOutput, **PROBLEMS})
    def create(self, request: Request, schedule: str) -> Response:
        """Puts somebody on duty for a while, whoever's turn it is. Whose duty changes is told."""
        of = self.schedule()
        return self.done(request, OverrideInput, lambda given, now: make_override(of, actor=request.user, now=now, **given), status=201)

    @extend_schema(request=EndInput, parameters=[REPEATABLE], responses={200: OverrideOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, schedule: str, pk: str) -> Response:
        """Ends it: one that runs counts until now, one still to come never does."""
        row = self.row()
        return self.done(request, EndInput, lambda given, now: end_override(row, actor=request.user, now=now, **given))


@extend_schema(parameters=[OF_SCHEDULE])
class Swaps(ChangesDoor):
    """Shifts given away in a schedule. Who is one of the two sees them, and those who may see all."""

    queryset = DutySwap.objects.none()
    serializer_class = SwapOutput

    def get_queryset(self) -> Any:
        rows = DutySwap.objects.select_related("giver", "taker").filter(schedule=int(self.kwargs["schedule"])).order_by("-asked_at", "-pk")
        caller: Any = self.request.user
        if may(caller, "policies.view_dutyswap"):
            return visible_to(caller, rows, "policies.view_dutyswap")
        return rows.filter(Q(giver=caller) | Q(taker=caller))

    @extend_schema(responses={200: SwapOutput(many=True), **LISTED})
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Asked for last first, fifty a page."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={200: SwapOutput, **FOUND})
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One of them."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(request=SwapInput, parameters=[REPEATABLE], responses={201: SwapOutput, **PROBLEMS})
    def create(self, request: Request, schedule: str) -> Response:
        """Asks for a swap, or for cover when nothing is taken in return. It counts once both people said yes."""
        of = self.schedule()

        def ask(given: dict[str, Any], now: datetime) -> DutySwap:
            return ask_swap(of, actor=request.user, now=now, **{"giver": request.user, **given})

        return self.done(request, SwapInput, ask, status=201)

    @extend_schema(request=Nothing, parameters=[REPEATABLE], responses={200: SwapOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, schedule: str, pk: str) -> Response:
        """Says yes, as the giver or the taker. Once both have, the shifts change hands."""
        row = self.row()
        return self.done(request, Nothing, lambda given, now: accept_swap(row, actor=request.user, now=now))

    @extend_schema(request=AnswerInput, parameters=[REPEATABLE], responses={200: SwapOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, schedule: str, pk: str) -> Response:
        """Says no, as the giver or the taker."""
        row = self.row()
        return self.done(request, AnswerInput, lambda given, now: decline_swap(row, actor=request.user, now=now, **given))

    @extend_schema(request=Nothing, parameters=[REPEATABLE], responses={200: SwapOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, schedule: str, pk: str) -> Response:
        """Takes it back before it was answered."""
        row = self.row()
        return self.done(request, Nothing, lambda given, now: withdraw_swap(row, actor=request.user, now=now))


class Absences(ChangesDoor):
    """When people are away: one's own, and by right everybody's."""

    queryset = DutyAbsence.objects.none()
    serializer_class = AbsenceOutput

    def get_queryset(self) -> Any:
        rows = DutyAbsence.objects.select_related("person").order_by("-starts_at", "-pk")
        caller: Any = self.request.user
        see = "policies.view_dutyabsence"
        return visible_to(caller, rows, see) if may(caller, see) else rows.filter(person=caller)

    @extend_schema(responses={200: AbsenceOutput(many=True), **LISTED})
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The last first, fifty a page, those that ended too."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={200: AbsenceOutput, **FOUND})
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One of them."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(request=AbsenceInput, parameters=[REPEATABLE], responses={201: AbsenceOutput, **PROBLEMS})
    def create(self, request: Request) -> Response:
        """Takes somebody out of every duty for a while. Refused (409) while nobody takes over, unless `accept_gaps`."""

        def record(given: dict[str, Any], now: datetime) -> DutyAbsence:
            person = given.pop("person", request.user)
            return record_absence(person, actor=request.user, now=now, **given)

        return self.done(request, AbsenceInput, record, status=201)

    @extend_schema(request=EndInput, parameters=[REPEATABLE], responses={200: AbsenceOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """Ends it: from now on the person's turns are theirs again."""
        row = self.row()
        return self.done(request, EndInput, lambda given, now: end_absence(row, actor=request.user, now=now, **given))
