"""The doors of quarterly reviews: a list, and one with all that was found, decided, agreed and signed."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from portal.foundation.apikit.described import FOUND, LISTED
from reports.models import QuarterlyReview
from reports.quarterly.queries import agreed_in, seen_by
from reports.quarterly.signing import of_round
from reports.quarterly.states import ActionState, DecisionState, FindingState, ReviewState

STATES = [state.value for state in ReviewState]


class QuarterlyReviewOutput(serializers.Serializer):
    """A quarterly review. `unit` is null for the whole organisation."""

    id = serializers.IntegerField()
    url = serializers.SerializerMethodField()
    quarter = serializers.CharField()
    unit = serializers.SerializerMethodField()
    parts = serializers.ListField(child=serializers.CharField())
    number = serializers.IntegerField(help_text="1 is the first; a restatement has the next.")
    restates = serializers.IntegerField(source="restates_id", allow_null=True)
    reason = serializers.CharField(help_text="Why it was stated anew; empty for the first.")
    state = serializers.CharField(help_text=f"One of {', '.join(STATES)}.")
    due_at = serializers.DateTimeField()
    known_until = serializers.DateTimeField(help_text="The data cut-off of its figures.")
    figures_sha256 = serializers.CharField()
    sha256 = serializers.CharField(help_text="Of the manifest that is signed; empty before that.")
    signed_at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(OpenApiTypes.URI)
    def get_url(self, review: QuarterlyReview) -> str:
        return reverse("quarterly-review-detail", args=[review.pk])

    @extend_schema_field({"type": "string", "nullable": True})
    def get_unit(self, review: QuarterlyReview) -> str | None:
        return review.unit_name or None


class QuarterlyFindingOutput(serializers.Serializer):
    """What was found, and how it was judged."""

    id = serializers.IntegerField()
    rank = serializers.IntegerField()
    headline = serializers.CharField()
    sentence = serializers.CharField()
    effect = serializers.CharField()
    confidence = serializers.CharField()
    incidents = serializers.ListField(child=serializers.CharField())
    state = serializers.CharField(help_text=f"One of {', '.join(FindingState)}.")
    reason = serializers.CharField()


class QuarterlyDecisionOutput(serializers.Serializer):
    """What was to be decided, and what was."""

    id = serializers.IntegerField()
    question = serializers.CharField()
    finding = serializers.IntegerField(source="finding_id", allow_null=True)
    state = serializers.CharField(help_text=f"One of {', '.join(DecisionState)}.")
    outcome = serializers.CharField()


class QuarterlyActionOutput(serializers.Serializer):
    """What somebody does until a day."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    owner = serializers.CharField(source="owner.username")
    due_on = serializers.DateField()
    state = serializers.CharField(help_text=f"One of {', '.join(ActionState)}.")
    outcome = serializers.CharField()


class QuarterlySignatureOutput(serializers.Serializer):
    """A signature in its place; `at` is null as long as it waits."""

    position = serializers.IntegerField()
    title = serializers.CharField()
    by = serializers.CharField(source="by.username", allow_null=True, default=None)
    at = serializers.DateTimeField(allow_null=True)


class QuarterlyReviewDetailOutput(QuarterlyReviewOutput):
    """One in full."""

    summary = serializers.CharField()
    agenda = serializers.SerializerMethodField()
    findings = QuarterlyFindingOutput(many=True)
    decisions = QuarterlyDecisionOutput(many=True)
    actions = serializers.SerializerMethodField()
    signatures = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_agenda(self, review: QuarterlyReview) -> list[str]:
        return review.agenda.splitlines()

    @extend_schema_field(QuarterlyActionOutput(many=True))
    def get_actions(self, review: QuarterlyReview) -> Any:
        return QuarterlyActionOutput(agreed_in(review), many=True).data

    @extend_schema_field(QuarterlySignatureOutput(many=True))
    def get_signatures(self, review: QuarterlyReview) -> Any:
        return QuarterlySignatureOutput(of_round(review) if review.sha256 else [], many=True).data


class QuarterlyReviews(viewsets.GenericViewSet):
    """Quarterly reviews."""

    lookup_value_regex = r"[0-9]{1,15}"
    queryset = QuarterlyReview.objects.none()
    serializer_class = QuarterlyReviewOutput
    filter_backends: tuple[Any, ...] = ()

    def get_queryset(self) -> Any:
        return seen_by(self.request.user).order_by("-quarter", "unit_name", "-number")

    @extend_schema(parameters=[OpenApiParameter("state", str, enum=STATES)], responses={200: QuarterlyReviewOutput(many=True), **LISTED})
    def list(self, request: Request) -> Response:
        """The newest quarter first; everybody finds those that they may see."""
        unknown = sorted(request.query_params.keys() - {"state", "page", "page_size"})
        if unknown:
            raise ValidationError({each[:60]: ["Unknown filter. Known: state."] for each in unknown[:20]})
        state = request.query_params.get("state", "")
        if state and state not in STATES:
            raise ValidationError({"state": [f"Choose one of {', '.join(STATES)}."]})
        found = self.get_queryset().filter(state=state) if state else self.get_queryset()
        return self.get_paginated_response(QuarterlyReviewOutput(self.paginate_queryset(found), many=True).data)

    @extend_schema(responses={200: QuarterlyReviewDetailOutput, **FOUND})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One review in full."""
        return Response(QuarterlyReviewDetailOutput(get_object_or_404(self.get_queryset(), pk=int(pk))).data)


router = SimpleRouter()
router.register("", QuarterlyReviews, basename="quarterly-review")
urlpatterns = router.urls
