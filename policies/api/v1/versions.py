"""The doors to a policy's versions: read them, submit, approve, send back. The rules are the services', as in the admin."""

from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from policies.governance import services
from policies.models import EscalationPolicy, PolicyVersion
from portal.foundation import clock
from portal.foundation.apikit import repeats
from portal.foundation.apikit.described import FOUND, PROBLEMS, REPEATABLE

from .reach import phases, policies_for, versions_for
from .serializers import ApproveInput, SendBackInput, SubmitInput, VersionDetailOutput, VersionLineOutput


@extend_schema(parameters=[OpenApiParameter("policy", int, OpenApiParameter.PATH, description="Id of the policy.")])
class Versions(viewsets.GenericViewSet):
    """The versions of a policy within the caller's rights."""

    lookup_field = "number"
    lookup_value_regex = r"[0-9]{1,9}"
    queryset = PolicyVersion.objects.none()
    serializer_class = VersionDetailOutput
    filter_backends: tuple[Any, ...] = ()

    def get_queryset(self) -> Any:
        return versions_for(self.request.user, self._policy())

    @extend_schema(responses={200: VersionLineOutput(many=True), **FOUND})
    def list(self, request: Request, policy: str) -> Response:
        """Newest first, fifty a page, each with the decisions on it."""
        page = self.paginate_queryset(self.get_queryset())
        told = VersionLineOutput(page, many=True, context=phases(self._policy(), clock.now()))
        return self.get_paginated_response(told.data)

    @extend_schema(responses={200: VersionDetailOutput, **FOUND})
    def retrieve(self, request: Request, policy: str, number: str) -> Response:
        """One version with its content and the decisions on it."""
        return self._told(number)

    @extend_schema(request=SubmitInput, parameters=[REPEATABLE], responses={200: VersionDetailOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, policy: str, number: str) -> Response:
        """Freezes the draft with its hash and asks for approval."""
        return self._do(request, number, SubmitInput, services.submit_version)

    @extend_schema(request=ApproveInput, parameters=[REPEATABLE], responses={200: VersionDetailOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, policy: str, number: str) -> Response:
        """Puts it in force from its date; never by somebody who had a hand in it."""
        return self._do(request, number, ApproveInput, services.approve_version)

    @extend_schema(request=SendBackInput, parameters=[REPEATABLE], responses={200: VersionDetailOutput, **PROBLEMS})
    @action(detail=True, methods=["post"], url_path="send-back")
    def send_back(self, request: Request, policy: str, number: str) -> Response:
        """Makes it a draft again, with words for its author."""
        return self._do(request, number, SendBackInput, services.send_back_version)

    def _do(self, request: Request, number: str, form: type[Any], verb: Callable[..., Any]) -> Response:
        now, given = clock.now(), form(data=request.data)
        given.is_valid(raise_exception=True)

        def do() -> Response:
            verb(self._version(number), actor=request.user, now=now, **given.validated_data)
            return self._told(number)

        return repeats.once(request, now, do)

    def _told(self, number: str) -> Response:
        return Response(VersionDetailOutput(self._version(number), context=phases(self._policy(), clock.now())).data)

    def _version(self, number: str) -> PolicyVersion:
        found: PolicyVersion = get_object_or_404(self.get_queryset(), number=int(number))
        return found

    def _policy(self) -> EscalationPolicy:
        found: EscalationPolicy = get_object_or_404(policies_for(self.request.user, clock.now()), pk=int(self.kwargs["policy"]))
        return found
