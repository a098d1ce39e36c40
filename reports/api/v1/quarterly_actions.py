"""The doors of what quarterly reviews agreed: for whoever sees the review, and for whoever has it to do."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from portal.foundation import clock
from portal.foundation.apikit import repeats
from portal.foundation.apikit.described import FOUND, LISTED, PROBLEMS, REPEATABLE
from portal.foundation.apikit.forms import read
from reports.models import QuarterlyAction
from reports.quarterly import actions
from reports.quarterly.queries import seen_by

from . import quarterly_answers as forms


class QuarterlyActions(viewsets.GenericViewSet):
    """What quarterly reviews agreed."""

    lookup_value_regex = r"[0-9]{1,15}"
    queryset = QuarterlyAction.objects.none()
    serializer_class = forms.QuarterlyActionOutput
    filter_backends: tuple[Any, ...] = ()

    def get_queryset(self) -> Any:
        reader: Any = self.request.user
        found = QuarterlyAction.objects.filter(Q(review__in=seen_by(reader).order_by().values("pk")) | Q(owner=reader.pk))
        return found.select_related("owner", "review__unit").order_by("due_on", "pk")

    @extend_schema(
        parameters=[OpenApiParameter("state", str, enum=forms.ACTION_STATES), OpenApiParameter("owner", str, enum=["me"])],
        responses={200: forms.QuarterlyActionOutput(many=True), **LISTED},
    )
    def list(self, request: Request) -> Response:
        """The one due first at the top; everybody finds their own."""
        given = request.query_params
        problems = {
            each[:60]: ["Unknown filter. Known: state, owner."]
            for each in sorted(given.keys() - {"state", "owner", "page", "page_size"})[:20]
        }
        if given.get("state") and given["state"] not in forms.ACTION_STATES:
            problems["state"] = [f"Choose one of {', '.join(forms.ACTION_STATES)}."]
        if given.get("owner") and given["owner"] != "me":
            problems["owner"] = ["Send 'me', or leave it out."]
        if problems:
            raise ValidationError(problems)
        found = self.get_queryset()
        found = found.filter(state=given["state"]) if given.get("state") else found
        found = found.filter(owner=request.user.pk) if given.get("owner") else found
        return self.get_paginated_response(forms.QuarterlyActionOutput(self.paginate_queryset(found), many=True).data)

    @extend_schema(responses={200: forms.QuarterlyActionOutput, **FOUND})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One action."""
        return self._told(self._action(pk))

    @extend_schema(
        request=forms.ChangeQuarterlyActionInput, parameters=[REPEATABLE], responses={200: forms.QuarterlyActionOutput, **PROBLEMS}
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Another owner or another day of an open action, also after the signatures."""
        found, data, now = self._action(pk), read(forms.ChangeQuarterlyActionInput, request.data), clock.now()
        wanted = forms.ChangeQuarterlyActionInput.changed

        def do() -> Response:
            return self._told(actions.change_action(found, **wanted(data, found), actor=request.user, now=now))

        return repeats.once(request, now, do)

    @extend_schema(request=forms.QuarterlyWordsInput, parameters=[REPEATABLE], responses={200: forms.QuarterlyActionOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str) -> Response:
        """What was done. Its owner may say so, and whoever prepares reviews."""
        return self._verb(request, pk, actions.finish_action)

    @extend_schema(request=forms.QuarterlyWordsInput, parameters=[REPEATABLE], responses={200: forms.QuarterlyActionOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Why it will not be done; the next review shows it."""
        return self._verb(request, pk, actions.cancel_action)

    def _verb(self, request: Request, pk: str, service: Callable[..., Any]) -> Response:
        found, data, now = self._action(pk), read(forms.QuarterlyWordsInput, request.data), clock.now()
        return repeats.once(request, now, lambda: self._told(service(found, actor=request.user, now=now, reason=data["reason"])))

    def _action(self, pk: str) -> QuarterlyAction:
        found: QuarterlyAction = get_object_or_404(self.get_queryset(), pk=int(pk))
        return found

    def _told(self, found: QuarterlyAction) -> Response:
        return Response(forms.QuarterlyActionOutput(found).data)
