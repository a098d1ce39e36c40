"""The doors to feedback: recorded and read under the rules of the admin. Corrections are for people, on the pages."""

from datetime import date
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.feedback import services
from incidents.feedback.models import HIGHEST, LOWEST
from incidents.feedback.queries import COUNTING, feedback_for
from incidents.lifecycle.queries import incidents_for, service_called
from incidents.models import Feedback
from portal.foundation import clock
from portal.foundation.access.checks import require
from portal.foundation.apikit import repeats
from portal.foundation.apikit.described import FOUND, LISTED, PROBLEMS, REPEATABLE
from portal.foundation.apikit.fields import Moment, StrictSerializer, Text
from portal.foundation.apikit.forms import read


@extend_schema_field({"type": "integer", "minimum": LOWEST, "maximum": HIGHEST, "nullable": True})
class SatisfactionField(serializers.Field):
    """A whole number from 1 to 5, or null."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int) or not LOWEST <= data <= HIGHEST:
            raise serializers.ValidationError(f"Send a whole number from {LOWEST} to {HIGHEST}, or leave it out.")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class FeedbackInput(StrictSerializer):
    """What somebody let know: with a number, words or both, about an incident or a service. Name nobody."""

    giver = serializers.ChoiceField(choices=Feedback.Giver.choices, help_text="From whom, as a kind.")
    given_on = serializers.DateField(help_text="The day on which it was given.")
    way = serializers.ChoiceField(choices=Feedback.Way.choices, help_text="How it came.")
    satisfaction = SatisfactionField(required=False, allow_null=True, default=None)
    text = Text(required=False, allow_blank=True, default="", max_length=services.LONGEST, help_text="Kept apart from trail and history.")
    incident = Text(required=False, max_length=40, help_text="The incident's number.")
    service = Text(required=False, max_length=120, help_text="The service's key. Left out: that of the incident.")


class FeedbackOutput(serializers.Serializer):
    """Feedback with its words, which are personal data."""

    id = serializers.IntegerField()
    url = serializers.SerializerMethodField()
    giver = serializers.CharField()
    given_on = serializers.DateField()
    way = serializers.CharField()
    satisfaction = serializers.IntegerField(allow_null=True)
    text = serializers.SerializerMethodField(help_text="Empty without any, and after they were erased.")
    incident = serializers.SerializerMethodField()
    service = serializers.CharField(source="service.key")
    outcome = serializers.CharField(help_text="waiting, action or nothing.")
    settlement = serializers.CharField(help_text="Why there is nothing to do, or what became of it.")
    recorded_at = Moment()
    withdrawn_at = Moment(allow_null=True, help_text="Since then it does not count.")
    withdrawal = serializers.CharField(help_text="Why not.")

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, feedback: Feedback) -> str:
        return reverse("feedback-detail", kwargs={"pk": feedback.pk})

    @extend_schema_field({"type": "string"})
    def get_text(self, feedback: Any) -> str:
        return feedback.said or ""

    @extend_schema_field({"type": "string", "nullable": True})
    def get_incident(self, feedback: Feedback) -> str | None:
        return feedback.incident.number if feedback.incident is not None else None


class FeedbackFilter(django_filters.FilterSet):
    """`given_from` is included, `given_before` is not. `counting=true` leaves out what was withdrawn."""

    giver = django_filters.ChoiceFilter(choices=Feedback.Giver.choices)
    way = django_filters.ChoiceFilter(choices=Feedback.Way.choices)
    outcome = django_filters.ChoiceFilter(choices=Feedback.Outcome.choices)
    incident = django_filters.CharFilter(field_name="incident__number", max_length=40)
    service = django_filters.CharFilter(field_name="service__key", max_length=120)
    given_from = django_filters.DateFilter(field_name="given_on", lookup_expr="gte")
    given_before = django_filters.DateFilter(field_name="given_on", lookup_expr="lt")
    counting = django_filters.ChoiceFilter(choices=[("true", "true")], method="that_count")

    class Meta:
        model = Feedback
        fields: list[str] = []

    def that_count(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(COUNTING)


class FeedbackDoor(viewsets.GenericViewSet):
    """Feedback within the caller's rights."""

    lookup_value_regex = r"[0-9]{1,15}"
    queryset = Feedback.objects.none()
    serializer_class = FeedbackOutput
    filterset_class = FeedbackFilter

    def get_queryset(self) -> Any:
        return feedback_for(self.request.user)

    @extend_schema(responses={200: FeedbackOutput(many=True), **LISTED})
    def list(self, request: Request) -> Response:
        """The latest first, fifty a page."""
        unknown = sorted(request.query_params.keys() - {*FeedbackFilter.base_filters, "page", "page_size"})
        if unknown:
            known = ", ".join(sorted(FeedbackFilter.base_filters))
            raise ValidationError({name[:60]: [f"Unknown filter. Known: {known}."] for name in unknown[:20]})
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(FeedbackOutput(page, many=True).data)

    @extend_schema(responses={200: FeedbackOutput, **FOUND})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One, with its words."""
        return Response(FeedbackOutput(get_object_or_404(self.get_queryset(), pk=pk)).data)

    @extend_schema(request=FeedbackInput, parameters=[REPEATABLE], responses={201: FeedbackOutput, **PROBLEMS})
    def create(self, request: Request) -> Response:
        """Records what somebody let know."""
        now, data = clock.now(), read(FeedbackInput, request.data)

        def do() -> Response:
            require(request.user, services.ADD, to="record feedback")
            made = services.record(_given(data, request.user), actor=request.user, now=now)
            answer = Response(FeedbackOutput(get_object_or_404(self.get_queryset(), pk=made.pk)).data, status=201)
            answer["Location"] = answer.data["url"]
            return answer

        return repeats.once(request, now, do)


def _given(data: dict[str, Any], reader: Any) -> services.Given:
    day: date = data["given_on"]
    return services.Given(
        giver=data["giver"],
        given_on=day,
        way=data["way"],
        satisfaction=data["satisfaction"],
        text=data["text"],
        incident=get_object_or_404(incidents_for(reader), number=data["incident"]) if "incident" in data else None,
        service=service_called(data["service"], reader, verb=services.ADD) if "service" in data else None,
    )
