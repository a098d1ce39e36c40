"""The doors to a policy's versions: read them, submit, approve, send back. The rules are the services', as in the admin."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from policies.governance import services
from policies.governance.queries import findings_on
from policies.models import EscalationPolicy, PolicyVersion
from portal.foundation import clock
from portal.foundation.apikit import repeats
from portal.foundation.apikit.described import FOUND, PROBLEMS, REPEATABLE

from .answers import DraftInput, DraftOutput, source_of
from .reach import phases, policies_for, versions_for
from .serializers import ApproveInput, SendBackInput, SubmitInput, VersionDetailOutput, VersionLineOutput
from .thresholds import ThresholdInput, change_in_draft


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

    @extend_schema(request=DraftInput, parameters=[REPEATABLE], responses={201: DraftOutput, 200: DraftOutput, **PROBLEMS})
    def create(self, request: Request, policy: str) -> Response:
        """A new draft: the content of a policy file as data or YAML, or of the latest approved version. A dry run (200) keeps nothing."""
        now, given = clock.now(), DraftInput(data=request.data)
        given.is_valid(raise_exception=True)
        return repeats.once(request, now, lambda: self._draft(given.validated_data, now))

    def _draft(self, given: dict[str, Any], now: datetime) -> Response:
        policy, source = self._policy(), source_of(given)
        said: dict[str, Any]
        if source is None:
            version = services.create_draft(policy, actor=self.request.user, now=now, reason=given["reason"])
            said = {"version": version, "against": None, "changes": (), "findings": findings_on(version, now=now)}
        else:
            tried = given["dry_run"]
            # Here, and not for every process at its start: reading YAML takes a package of its own.
            from policies.interchange.services import import_policy

            made = import_policy(source, actor=self.request.user, now=now, reason=given["reason"], dry_run=tried, into=policy)
            said = {"version": None if tried else made.version, "changes": made.changes, "findings": made.findings}
            said["against"] = made.against.number if made.against else None
        told = DraftOutput(said, context=phases(policy, now)).data
        return Response(told, status=200 if given["dry_run"] else 201)

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

    @extend_schema(request=ThresholdInput, parameters=[REPEATABLE], responses={200: VersionDetailOutput, **PROBLEMS})
    @action(detail=True, methods=["patch"], url_path="thresholds")
    def thresholds(self, request: Request, policy: str, number: str) -> Response:
        """Changes one threshold of the draft, named by 'name', and nothing else of it; what is left out stays."""
        now, given = clock.now(), ThresholdInput(data=request.data)
        given.is_valid(raise_exception=True)

        def do() -> Response:
            change_in_draft(self._version(number), given.validated_data, actor=request.user, now=now)
            return self._told(number)

        return repeats.once(request, now, do)

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
