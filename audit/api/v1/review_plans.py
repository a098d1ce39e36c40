"""The doors of plans of log reviews, and of the views that a plan can be made for."""

from collections.abc import Callable
from typing import Any

from django.db.models import Max
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from audit.models import ReviewPlan, SavedView
from audit.reviews import plans
from audit.reviews.queries import READ
from portal.foundation import clock
from portal.foundation.access.checks import require
from portal.foundation.apikit import repeats
from portal.foundation.apikit.described import FOUND, LISTED, PROBLEMS, REPEATABLE
from portal.foundation.apikit.forms import read

from . import plan_answers as forms
from .review_answers import ReviewWordsInput
from .views import admit

KEY = r"[0-9]{1,15}"
VIEW = "audit.view_reviewplan"


class Plans(viewsets.GenericViewSet):
    """Plans of reviews."""

    lookup_value_regex = KEY
    queryset = ReviewPlan.objects.none()
    serializer_class = forms.ReviewPlanOutput
    filter_backends: tuple[Any, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        admit(request, VIEW, to="see plans of reviews")

    def get_queryset(self) -> Any:
        return ReviewPlan.objects.select_related("view", "owner", "group").prefetch_related(*plans.LISTS).order_by("state", "name")

    @extend_schema(responses={200: forms.ReviewPlanOutput(many=True), **LISTED})
    def list(self, request: Request) -> Response:
        """Those in force first, by name."""
        return self.get_paginated_response(forms.ReviewPlanOutput(self.paginate_queryset(self.get_queryset()), many=True).data)

    @extend_schema(responses={200: forms.ReviewPlanOutput, **FOUND})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One plan."""
        return self._told(int(pk))

    @extend_schema(request=forms.ReviewPlanInput, parameters=[REPEATABLE], responses={201: forms.ReviewPlanOutput, **PROBLEMS})
    def create(self, request: Request) -> Response:
        """Makes a plan. Its reviews open by themselves, the first one when its first stretch is over and sealed."""
        require(request.user, plans.ADD, to="plan reviews of the trail")
        now, data = clock.now(), read(forms.ReviewPlanInput, request.data)

        def do() -> Response:
            wanted = {"owner": request.user, **forms.wanted(data)}
            answer = self._told(plans.make_plan(wanted, actor=request.user, now=now, reason=data["reason"]).pk, status=201)
            answer["Location"] = answer.data["url"]
            return answer

        return repeats.once(request, now, do)

    @extend_schema(request=forms.ReviewPlanChange, parameters=[REPEATABLE], responses={200: forms.ReviewPlanOutput, **PROBLEMS})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Changes a plan in force from its next review on; those that are open keep the rule that they were opened with."""
        return self._do(request, pk, forms.ReviewPlanChange, self._change)

    @extend_schema(request=ReviewWordsInput, parameters=[REPEATABLE], responses={200: forms.ReviewPlanOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        """Opens no more reviews by it; those that are open are still to be judged and signed."""
        return self._do(request, pk, ReviewWordsInput, plans.retire_plan)

    def _change(self, plan: ReviewPlan, *, reason: str, actor: Any, now: Any, **asked: Any) -> None:
        plans.change_plan(plan, forms.wanted(asked), actor=actor, now=now, reason=reason)

    def _do(self, request: Request, pk: str, form: Any, service: Callable[..., object]) -> Response:
        require(request.user, plans.CHANGE, to="change a plan of reviews")
        now, data = clock.now(), read(form, request.data)

        def do() -> Response:
            plan = get_object_or_404(self.get_queryset(), pk=int(pk))
            service(plan, actor=request.user, now=now, **data)
            return self._told(plan.pk)

        return repeats.once(request, now, do)

    def _told(self, key: int, status: int = 200) -> Response:
        return Response(forms.ReviewPlanOutput(get_object_or_404(self.get_queryset(), pk=key)).data, status=status)


class Views(viewsets.GenericViewSet):
    """Views of the trail that a plan can be made for."""

    queryset = SavedView.objects.none()
    serializer_class = forms.ReviewViewOutput
    filter_backends: tuple[Any, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        admit(request, VIEW, to="see plans of reviews")
        admit(request, READ, to="read the trail")

    def get_queryset(self) -> Any:
        shared = SavedView.objects.filter(is_shared=True, retired_at=None)
        return shared.select_related("owner").annotate(version=Max("versions__number")).order_by("name", "pk")

    @extend_schema(responses={200: forms.ReviewViewOutput(many=True), **LISTED})
    def list(self, request: Request) -> Response:
        """Shared ones, by name."""
        return self.get_paginated_response(forms.ReviewViewOutput(self.paginate_queryset(self.get_queryset()), many=True).data)
