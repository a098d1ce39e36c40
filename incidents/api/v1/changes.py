"""The doors of change tools: they record changes and their times, and ask whether one may begin. Approving an emergency is for people."""

from collections.abc import Callable
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from incidents.changes import services
from incidents.changes.queries import changes_for, freezes_standing, may_change_start, may_start_on, services_called
from incidents.changes.rules import Answer, Frozen
from incidents.changes.services import Plan
from incidents.lifecycle import checks
from incidents.models import ChangeRequest
from portal.foundation import clock
from portal.foundation.access.checks import require
from portal.foundation.apikit import repeats
from portal.foundation.apikit.described import FOUND, LISTED, PROBLEMS, REPEATABLE
from portal.foundation.apikit.fields import Moment, StrictSerializer, Text, aware_in_query
from portal.foundation.apikit.forms import read

SEE_FREEZES = "incidents.view_changefreeze"
MOST_SERVICES = 200
ASKED = ("service", "change", "at")


class Keys(serializers.ListField):
    """The keys of services."""

    child = Text(max_length=120)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MOST_SERVICES, help_text="The keys of the services that it touches.", **kwargs)


class ChangeRequestInput(StrictSerializer):
    """A change as its tool knows it."""

    number = Text(max_length=60, help_text="Its number there, which is its own here, too.")
    title = Text(max_length=checks.LONGEST_TITLE)
    kind = serializers.ChoiceField(choices=ChangeRequest.Kind.choices, required=False, default="", allow_blank=True)
    services = Keys(required=False, default=list)
    planned_start = Moment(required=False, allow_null=True, default=None)
    planned_end = Moment(required=False, allow_null=True, default=None)
    source = Text(  # type: ignore[assignment]
        max_length=40, required=False, allow_blank=True, default="", help_text="The tool that says so."
    )


class ChangeRequestPatch(StrictSerializer):
    """What is known otherwise, until it begins. What is left out stays as it is."""

    title = Text(max_length=checks.LONGEST_TITLE, required=False)
    kind = serializers.ChoiceField(choices=ChangeRequest.Kind.choices, required=False, allow_blank=True)
    services = Keys(required=False)
    planned_start = Moment(required=False, allow_null=True)
    planned_end = Moment(required=False, allow_null=True)
    reason = Text(max_length=checks.LONGEST_REASON, help_text="How you know. It stays with the change.")


class HappenedInput(StrictSerializer):
    """When it happened, now if nothing is said. Words are welcome; with a start during a freeze they say why it could not wait."""

    at = Moment(required=False, allow_null=True, default=None)
    reason = Text(required=False, allow_blank=True, default="", max_length=checks.LONGEST_REASON)


class ApprovalInput(StrictSerializer):
    """Why it cannot wait until the freeze is over."""

    reason = Text(max_length=checks.LONGEST_REASON)


class ChangeRequestOutput(serializers.Serializer):
    """A change: what it touches, when it was to happen and when it did."""

    number = serializers.CharField()
    url = serializers.SerializerMethodField()
    title = serializers.CharField()
    kind = serializers.CharField(help_text="standard, normal or emergency; empty when it is not known.")
    services = serializers.SerializerMethodField()
    source = serializers.CharField(source="source_system")  # type: ignore[assignment]
    planned_start = Moment(allow_null=True)
    planned_end = Moment(allow_null=True)
    began_at = Moment(source="started_at", allow_null=True)
    began_reason = serializers.CharField(source="start_reason")
    ended_at = Moment(allow_null=True)
    approved_at = Moment(allow_null=True, help_text="When somebody else than its requester approved it as an emergency.")
    approved_by = serializers.SerializerMethodField()
    approval_reason = serializers.CharField()

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, change: ChangeRequest) -> str | None:
        """None of one that was brought in under a number that no address can hold."""
        return reverse("change-detail", kwargs={"number": change.number}) if services.NUMBER.fullmatch(change.number) else None

    @extend_schema_field({"type": "array", "items": {"type": "string"}})
    def get_services(self, change: ChangeRequest) -> list[str]:
        return sorted(service.key for service in change.services.all())

    @extend_schema_field({"type": "string", "nullable": True})
    def get_approved_by(self, change: ChangeRequest) -> str | None:
        return str(change.approved_by) if change.approved_by is not None else None


class FreezeOutput(serializers.Serializer):
    """A freeze that holds at the time asked about."""

    id = serializers.IntegerField(source="key")
    covers = serializers.CharField(source="what")
    begins_at = Moment()
    ends_at = Moment(source="over_at", allow_null=True, help_text="null while nobody knows: it follows its incident's escalation.")
    reason = serializers.CharField()
    incident = serializers.CharField(help_text="The number of the incident that it follows; empty where it follows none.")


class AnswerOutput(serializers.Serializer):
    """What is frozen at a time; of a change or of services also whether it may begin then, and why."""

    at = Moment()
    may_begin = serializers.BooleanField(allow_null=True, help_text="null when neither a change nor a service was named.")
    reasons = serializers.ListField(child=serializers.CharField())
    freezes = FreezeOutput(many=True, help_text="Those that cover it; all that hold when nothing was named.")


class ChangeFilter(django_filters.FilterSet):
    """`state` is planned, running or over."""

    kind = django_filters.ChoiceFilter(choices=ChangeRequest.Kind.choices)
    service = django_filters.CharFilter(field_name="services__key", max_length=120)
    state = django_filters.ChoiceFilter(choices=[(name, name) for name in ("planned", "running", "over")], method="standing")

    class Meta:
        model = ChangeRequest
        fields: list[str] = []

    def standing(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if value == "planned":
            return queryset.filter(started_at=None)
        return queryset.filter(started_at__isnull=False, ended_at__isnull=value == "running")


class Changes(viewsets.GenericViewSet):
    """Changes within the caller's rights."""

    lookup_field = "number"
    lookup_value_regex = r"[A-Za-z0-9_.-]{1,60}"
    queryset = ChangeRequest.objects.none()
    serializer_class = ChangeRequestOutput
    filterset_class = ChangeFilter

    def get_queryset(self) -> Any:
        return changes_for(self.request.user).order_by("-pk")

    @extend_schema(responses={200: ChangeRequestOutput(many=True), **LISTED})
    def list(self, request: Request) -> Response:
        """Those recorded last first, fifty a page."""
        _refuse_unknown(request, ChangeFilter.base_filters, {"page", "page_size"})
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(ChangeRequestOutput(page, many=True).data)

    @extend_schema(responses={200: ChangeRequestOutput, **FOUND})
    def retrieve(self, request: Request, number: str) -> Response:
        """One change."""
        return self._told(number)

    @extend_schema(request=ChangeRequestInput, parameters=[REPEATABLE], responses={201: ChangeRequestOutput, **PROBLEMS})
    def create(self, request: Request) -> Response:
        """Records a change under its number. Whoever records it is its requester, who does not approve it as an emergency."""
        now, data = clock.now(), read(ChangeRequestInput, request.data)

        def do() -> Response:
            require(request.user, services.ADD, to="record changes")
            number, source = data.pop("number"), data.pop("source")
            plan = Plan(**{**data, "services": services_called(data["services"], request.user)})
            services.record_change(number, plan, source=source, actor=request.user, now=now)
            answer = self._told(number, status=201)
            answer["Location"] = answer.data["url"]
            return answer

        return repeats.once(request, now, do)

    @extend_schema(request=ChangeRequestPatch, parameters=[REPEATABLE], responses={200: ChangeRequestOutput, **PROBLEMS})
    def partial_update(self, request: Request, number: str) -> Response:
        """What is known of it otherwise, for a reason, until it begins."""
        now, data = clock.now(), read(ChangeRequestPatch, request.data)
        reason = data.pop("reason")

        def do(change: ChangeRequest) -> None:
            require(request.user, services.CHANGE, change, to="change what is known of a change")
            known: dict[str, Any] = {name: getattr(change, name) for name in ("title", "kind", "planned_start", "planned_end")}
            touched = services_called(data["services"], request.user) if "services" in data else list(change.services.all())
            services.plan_anew(change, Plan(**{**known, **data, "services": touched}), actor=request.user, now=now, reason=reason)

        return self._verb(request, number, do)

    @extend_schema(request=HappenedInput, parameters=[REPEATABLE], responses={200: ChangeRequestOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def begin(self, request: Request, number: str) -> Response:
        """It began. What happened is recorded, frozen or not; the time stays."""
        return self._happened(request, number, services.begin_change)

    @extend_schema(request=HappenedInput, parameters=[REPEATABLE], responses={200: ChangeRequestOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, number: str) -> Response:
        """It is over, done or backed out; the time stays."""
        return self._happened(request, number, services.end_change)

    @extend_schema(request=ApprovalInput, parameters=[REPEATABLE], responses={200: ChangeRequestOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, number: str) -> Response:
        """The caller, who is somebody else than its requester, says that it cannot wait: it may begin during a freeze."""
        now, data = clock.now(), read(ApprovalInput, request.data)
        return self._verb(
            request, number, lambda change: services.approve_emergency(change, actor=request.user, now=now, reason=data["reason"])
        )

    def _happened(self, request: Request, number: str, service: Callable[..., Any]) -> Response:
        now, data = clock.now(), read(HappenedInput, request.data)
        return self._verb(
            request, number, lambda change: service(change, actor=request.user, now=now, at=data["at"], reason=data["reason"])
        )

    def _verb(self, request: Request, number: str, do: Callable[[ChangeRequest], Any]) -> Response:
        def told() -> Response:
            do(get_object_or_404(self.get_queryset(), number=number))
            return self._told(number)

        return repeats.once(request, clock.now(), told)

    def _told(self, number: str, status: int = 200) -> Response:
        return Response(ChangeRequestOutput(get_object_or_404(self.get_queryset(), number=number)).data, status=status)


class ChangeFreezesDoor(APIView):
    """Whether a change may begin."""

    @extend_schema(
        parameters=[
            OpenApiParameter("service", str, many=True, description="The keys of the services that the change touches; one each."),
            OpenApiParameter("change", str, description="The number of a change that is on record, instead of services."),
            OpenApiParameter("at", OpenApiTypes.DATETIME, description="When it would begin; now if nothing is said."),
        ],
        responses={200: AnswerOutput, **LISTED},
    )
    def get(self, request: Request) -> Response:
        """What is frozen, and whether a change may begin, with the reasons in words."""
        now = clock.now()
        require(request.user, SEE_FREEZES, to="see change freezes")
        _refuse_unknown(request, ASKED)
        given = request.query_params
        at = aware_in_query(given["at"]) if given.get("at") else now
        keys, number = [key for key in given.getlist("service") if key], given.get("change", "")
        if keys and number:
            raise ValidationError({"change": ["Name a change or services, not both."]})
        if len(keys) > MOST_SERVICES:
            raise ValidationError({"service": [f"At most {MOST_SERVICES} at once."]})
        answer: Answer | None = None
        if number:
            change = changes_for(request.user).filter(number=number[:60]).first()
            if change is None:
                raise ValidationError({"change": [f"No change has the number '{number[:60]}'. Record it first, or name services."]})
            answer = may_change_start(change, at)
        elif keys:
            answer = may_start_on(services_called(keys, request.user), at)
        standing: tuple[Frozen, ...] = answer.freezes if answer else freezes_standing(at)
        told = {"at": at, "may_begin": answer.may if answer else None, "reasons": answer.reasons if answer else (), "freezes": standing}
        return Response(AnswerOutput(told).data)


def _refuse_unknown(request: Request, *known: Any) -> None:
    names = {name for each in known for name in each}
    unknown = sorted(request.query_params.keys() - names)
    if unknown:
        raise ValidationError({name[:60]: [f"Unknown filter. Known: {', '.join(sorted(names))}."] for name in unknown[:20]})
