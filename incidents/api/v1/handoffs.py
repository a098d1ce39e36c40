"""The doors to hand-offs: offered, answered and signed under the rules of the admin."""

from collections.abc import Callable
from typing import Any

import django_filters  # type: ignore[import-untyped]
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.handoffs import services
from incidents.handoffs.queries import hand_offs_for, mine_to_sign
from incidents.lifecycle.queries import incidents_for
from incidents.models import HandOff
from policies.decisions.vocabulary import Track
from portal.foundation import clock
from portal.foundation.apikit import repeats
from portal.foundation.apikit.described import FOUND, LISTED, PROBLEMS, REPEATABLE
from portal.foundation.apikit.fields import StrictSerializer

from . import handoff_answers as forms


class HandOffFilter(django_filters.FilterSet):
    """`waiting_for=me` is what the caller has to sign."""

    state = django_filters.ChoiceFilter(choices=HandOff.State.choices)
    incident = django_filters.CharFilter(field_name="incident__number", max_length=40)
    track = django_filters.ChoiceFilter(choices=[(track.value, track.label) for track in Track])
    waiting_for = django_filters.ChoiceFilter(choices=[("me", "me")], method="waiting")

    class Meta:
        model = HandOff
        fields: list[str] = []

    def waiting(self, queryset: Any, name: str, value: str) -> Any:
        return queryset.filter(pk__in=mine_to_sign(self.request.user, clock.now()).order_by().values("pk"))


class HandOffs(viewsets.GenericViewSet):
    """Hand-offs within the caller's rights."""

    lookup_value_regex = r"[0-9]{1,15}"
    queryset = HandOff.objects.none()
    serializer_class = forms.HandOffOutput
    filterset_class = HandOffFilter

    def get_queryset(self) -> Any:
        return hand_offs_for(self.request.user, clock.now()).order_by("-offered_at", "-pk")

    @extend_schema(responses={200: forms.HandOffOutput(many=True), **LISTED})
    def list(self, request: Request) -> Response:
        """Newest first, fifty a page."""
        unknown = sorted(request.query_params.keys() - {*HandOffFilter.base_filters, "page", "page_size"})
        if unknown:
            known = ", ".join(sorted(HandOffFilter.base_filters))
            raise ValidationError({name[:60]: [f"Unknown filter. Known: {known}."] for name in unknown[:20]})
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(forms.HandOffOutput(page, many=True).data)

    @extend_schema(responses={200: forms.HandOffOutput, **FOUND})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One hand-off with both signatures."""
        return self._told(pk)

    @extend_schema(request=forms.OfferInput, parameters=[REPEATABLE], responses={201: forms.HandOffOutput, **PROBLEMS})
    def create(self, request: Request) -> Response:
        """Offers what somebody has to a person or a team; the caller signs if it is the caller's own."""
        now, data = clock.now(), _read(forms.OfferInput, request)

        def do() -> Response:
            incident = get_object_or_404(incidents_for(request.user), number=data["incident"])
            person, team = forms.OfferInput.receiver(data)
            made = services.offer(
                incident,
                to=person,
                team=team,
                kind=data.get("kind", ""),
                note=data["note"],
                track=data["track"],
                actor=request.user,
                now=now,
            )
            return self._told(made.pk, status=201)

        return repeats.once(request, now, do)

    @extend_schema(request=forms.WordsInput, parameters=[REPEATABLE], responses={200: forms.HandOffOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """The caller signs as the receiver and is responsible from now on."""
        return self._verb(request, pk, services.accept, forms.WordsInput)

    @extend_schema(request=forms.ReasonInput, parameters=[REPEATABLE], responses={200: forms.HandOffOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """The caller says no, and why; whoever had it keeps it."""
        return self._verb(request, pk, services.decline, forms.ReasonInput)

    @extend_schema(request=forms.WordsInput, parameters=[REPEATABLE], responses={200: forms.HandOffOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Takes back an offer that nobody accepted yet."""
        return self._verb(request, pk, services.withdraw, forms.WordsInput)

    @extend_schema(request=forms.WordsInput, parameters=[REPEATABLE], responses={200: forms.HandOffOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: str) -> Response:
        """The giver signs what somebody else, or the escalation, handed on."""
        return self._verb(request, pk, services.sign_giving, forms.WordsInput)

    @extend_schema(request=forms.ReasonInput, parameters=[REPEATABLE], responses={200: forms.HandOffOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def waive(self, request: Request, pk: str) -> Response:
        """Closes it without the missing signature, for a reason that stays on record."""
        return self._verb(request, pk, services.waive, forms.ReasonInput)

    def _verb(self, request: Request, pk: str, service: Callable[..., Any], form: type[StrictSerializer]) -> Response:
        now, data = clock.now(), _read(form, request)

        def do() -> Response:
            service(get_object_or_404(self.get_queryset(), pk=pk), actor=request.user, now=now, reason=data["reason"])
            # Whoever answered may not see it any more; what became of it is told all the same.
            return self._answer(
                HandOff.objects.select_related("incident", "giver", "receiver", "team", "offered_by", "settled_by").get(pk=pk)
            )

        return repeats.once(request, now, do)

    def _told(self, pk: Any, status: int = 200) -> Response:
        return self._answer(get_object_or_404(self.get_queryset(), pk=pk), status)

    def _answer(self, hand_off: HandOff, status: int = 200) -> Response:
        response = Response(forms.HandOffOutput(hand_off).data, status=status)
        if status == 201:
            response["Location"] = response.data["url"]
        return response


def _read(form: type[StrictSerializer], request: Request) -> Any:
    serializer = form(data=request.data)
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data
