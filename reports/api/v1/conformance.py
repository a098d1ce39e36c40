"""The door of conformance: a quarter's deviations, as their page shows them."""

from typing import Any

from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.foundation import clock
from portal.foundation.access.checks import require
from portal.foundation.apikit.described import LISTED
from portal.foundation.apikit.fields import Moment
from portal.foundation.apikit.paging import Pages
from reports.conformance.values import Deviation, Kind
from reports.metrics.population import Population
from reports.packs.quarters import NotAQuarter, Progress, Quarter

RIGHT = "reports.view_quarterlypack"
KINDS = [kind.value for kind in Kind]
RATIONALES = ["with", "without"]
FILTERS = ("quarter", "class", "rationale", "service")


class DeviationOutput(serializers.Serializer):
    """Where an incident's course departed from its policy. It names nobody: a deviation is about a course."""

    incident = serializers.CharField(source="number")
    service = serializers.CharField()
    deviation = serializers.ChoiceField(source="kind", choices=KINDS)
    title = serializers.CharField(source="kind.words")
    at = Moment()
    level = serializers.IntegerField(allow_null=True)
    steps = serializers.ListField(
        child=serializers.IntegerField(), source="sequences", help_text="The passes of the escalation that show it."
    )
    expected = serializers.CharField()
    happened = serializers.CharField()
    rationale = serializers.CharField(help_text="The reason on record; empty where there is none.")


class ConformanceOutput(serializers.Serializer):
    """A quarter held against the policies, as far as the caller may see it."""

    quarter = serializers.CharField()
    provisional = serializers.BooleanField(help_text="The quarter still runs.")
    as_of = Moment()
    escalations_checked = serializers.IntegerField()
    escalations_not_readable = serializers.IntegerField(help_text="Their version cannot be read any more.")
    alerts_without_roster = serializers.IntegerField(help_text="Whether the right person was alerted is not known.")
    hidden = serializers.IntegerField(help_text="So many deviations more belong to incidents that the caller may not see.")
    count = serializers.IntegerField(help_text="So many are left by the filters.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = DeviationOutput(many=True)


class ConformanceDoor(APIView):
    """Conformance of a quarter."""

    @extend_schema(
        operation_id="conformance_retrieve",
        parameters=[
            OpenApiParameter("quarter", str, required=True, description="E.g. 2016Q1."),
            OpenApiParameter("class", str, enum=KINDS),
            OpenApiParameter("rationale", str, enum=RATIONALES),
            OpenApiParameter("service", str, description="A service's name."),
            OpenApiParameter("page", int),
            OpenApiParameter("page_size", int),
        ],
        responses={200: ConformanceOutput, **LISTED},
    )
    def get(self, request: Request) -> Response:
        """The deviations of a quarter, the most telling first."""
        require(request.user, RIGHT, to="see conformance")
        # Loads what works on columns of numbers, which no other door needs.
        from reports.conformance.queries import conformance_for

        now = clock.now()
        given = _given(request)
        quarter = _quarter(given.get("quarter", ""), now)
        seen = conformance_for(request.user, Population(quarter.start, quarter.end), now)
        pages = Pages()
        rows = pages.paginate_queryset([each for each in seen.found.deviations if _holds(each, given)], request, self)
        answer = pages.get_paginated_response(DeviationOutput(rows, many=True).data)
        head = {
            "quarter": str(quarter),
            "provisional": quarter.progress(now) is Progress.RUNNING,
            "as_of": seen.as_of.isoformat().replace("+00:00", "Z"),
            "escalations_checked": seen.found.runs,
            "escalations_not_readable": seen.found.unreadable,
            "alerts_without_roster": seen.found.unrecorded,
            "hidden": seen.hidden,
        }
        answer.data = {**head, **answer.data}
        return answer


def _given(request: Request) -> dict[str, str]:
    """The filters. Raises ValidationError for what is none, or has no such value."""
    given = {name: str(value) for name, value in request.query_params.items()}
    unknown = sorted(given.keys() - {*FILTERS, "page", "page_size"})
    problems: dict[str, Any] = {each[:60]: [f"Unknown filter. Known: {', '.join(FILTERS)}."] for each in unknown[:20]}
    for name, known in (("class", KINDS), ("rationale", RATIONALES)):
        if given.get(name) and given[name] not in known:
            problems[name] = [f"Choose one of {', '.join(known)}."]
    if problems:
        raise ValidationError(problems)
    return given


def _quarter(text: str, now: Any) -> Quarter:
    try:
        return Quarter.asked_for(text[:200], now)
    except NotAQuarter as error:
        raise ValidationError({"quarter": [str(error)]}) from None


def _holds(each: Deviation, given: dict[str, str]) -> bool:
    return (
        given.get("class", "") in ("", each.kind.value)
        and given.get("rationale", "") in ("", "with" if each.rationale else "without")
        and given.get("service", "") in ("", each.service)
    )


urlpatterns = [path("", ConformanceDoor.as_view(), name="conformance")]
