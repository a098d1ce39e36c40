"""The doors to the rules: each parses, asks one query, answers."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from policies.decisions.plain import plain
from policies.governance.comparing import compare
from policies.governance.queries import rules_in_force, version_in_force
from policies.models import EscalationPolicy, PolicyVersion, Service
from portal.foundation import clock
from portal.foundation.access.checks import require, visible_to
from portal.foundation.apikit.described import ASKED, FOUND, LISTED, Problem
from portal.foundation.errors import NotFound

from .answers import ComparisonOutput, RulesOutput
from .reach import IN_FORCE, instant_in_query, number_in_query, phases, policies_for, refuse_unknown, versions_for
from .serializers import PolicyOutput, ServiceOutput, VersionOutput


class Services(viewsets.GenericViewSet):
    """Services that the caller may see or work on."""

    lookup_field = "key"
    lookup_value_regex = r"[A-Za-z0-9_-]{1,120}"
    queryset = Service.objects.none()
    serializer_class = ServiceOutput
    filter_backends: tuple[Any, ...] = ()

    def get_queryset(self) -> Any:
        return visible_to(self.request.user, Service.objects.select_related("team", "escalation_policy"), "policies.view_service")

    def list(self, request: Request) -> Response:
        """By name, fifty a page."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(ServiceOutput(page, many=True).data)

    def retrieve(self, request: Request, key: str) -> Response:
        """One service."""
        return Response(ServiceOutput(get_object_or_404(self.get_queryset(), key=key)).data)

    @extend_schema(
        parameters=[OpenApiParameter("at", OpenApiTypes.DATETIME, description="An instant with its zone; now when left out.")],
        responses={200: RulesOutput, 403: Problem, **ASKED},
    )
    @action(detail=True, methods=["get"])
    def rules(self, request: Request, key: str) -> Response:
        """The rules that count for the service at an instant: what they say, and which policy supplies each part, and why."""
        refuse_unknown(request.query_params, {"at"})
        service = get_object_or_404(self.get_queryset(), key=key)
        require(request.user, "policies.view_policyversion", service, to=f"read the rules of {service}")
        at = instant_in_query(request.query_params, clock.now())
        found = rules_in_force(service, at)
        said = {"service": service.key, "at": at, "speaking": found.sources, "parts": found.won, "content": plain(found.content)}
        return Response(RulesOutput(said).data)


class Policies(viewsets.GenericViewSet):
    """Escalation policies within the caller's rights."""

    lookup_value_regex = r"[0-9]{1,15}"
    queryset = EscalationPolicy.objects.none()
    serializer_class = PolicyOutput
    filter_backends: tuple[Any, ...] = ()

    def get_queryset(self) -> Any:
        return policies_for(self.request.user, clock.now())

    @extend_schema(responses={200: PolicyOutput(many=True), **LISTED})
    def list(self, request: Request) -> Response:
        """By name, fifty a page."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(PolicyOutput(page, many=True).data)

    @extend_schema(responses={200: PolicyOutput, **FOUND})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One policy: its service, its owner, which version is in force and which is being worked on."""
        return Response(PolicyOutput(self._policy(pk)).data)

    @extend_schema(
        parameters=[OpenApiParameter("at", OpenApiTypes.DATETIME, description="An instant with its zone; now when left out.")],
        responses={200: VersionOutput, **ASKED},
    )
    @action(detail=True, methods=["get"], url_path="version-in-force")
    def version_in_force(self, request: Request, pk: str) -> Response:
        """The version in force at an instant; the answer for a past instant never changes."""
        policy = self._policy(pk)
        at = instant_in_query(request.query_params, clock.now())
        version = version_in_force(policy, at)
        if version is None:
            raise NotFound(f"No version of {policy.name} was in force at {at:%Y-%m-%d %H:%M:%S} UTC.")
        return Response(VersionOutput(version).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("from", str, required=True, description="The number of the version to begin with, or in-force."),
            OpenApiParameter("to", str, required=True, description="The number of the version to compare with it, or in-force."),
        ],
        responses={200: ComparisonOutput, **ASKED},
    )
    @action(detail=True, methods=["get"])
    def compare(self, request: Request, pk: str) -> Response:
        """What one version changes of another, field by field in words, and who decided on both with which words."""
        policy, asked = self._policy(pk), request.query_params
        refuse_unknown(asked, {"from", "to"})
        versions = versions_for(request.user, policy)
        now = clock.now()
        before, after = (self._asked(policy, versions, name, now) for name in ("from", "to"))
        return Response(ComparisonOutput(compare(before, after), context=phases(policy, now)).data)

    def _asked(self, policy: EscalationPolicy, versions: QuerySet[PolicyVersion], name: str, now: datetime) -> PolicyVersion:
        """The version that a part of the query names: by its number, or 'in-force'."""
        if self.request.query_params.get(name) != IN_FORCE:
            return get_object_or_404(versions, number=number_in_query(self.request.query_params, name))
        current = version_in_force(policy, now)
        if current is None:
            raise NotFound(f"No version of {policy.name} is in force. Name a version by its number.")
        return get_object_or_404(versions, pk=current.pk)

    def _policy(self, pk: str) -> EscalationPolicy:
        found: EscalationPolicy = get_object_or_404(self.get_queryset(), pk=int(pk))
        return found
