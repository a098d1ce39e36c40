"""The doors to the rules: each parses, asks one query, answers."""

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from guardian.shortcuts import get_objects_for_user
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from policies.governance.comparing import compare
from policies.governance.queries import version_in_force
from policies.models import EscalationPolicy, Service
from portal.foundation import clock
from portal.foundation.apikit.described import ASKED, FOUND, LISTED
from portal.foundation.apikit.fields import aware_in_query
from portal.foundation.errors import NotFound

from .reach import number_in_query, phases, policies_for, refuse_unknown, versions_for
from .serializers import ComparisonOutput, PolicyOutput, ServiceOutput, VersionOutput

SERVICE_RIGHTS = ["policies.see_service_incidents", "policies.work_service_incidents"]


class Services(viewsets.GenericViewSet):
    """Services that the caller may see or work on."""

    lookup_field = "key"
    lookup_value_regex = r"[A-Za-z0-9_-]{1,120}"
    queryset = Service.objects.none()
    serializer_class = ServiceOutput
    filter_backends: tuple[Any, ...] = ()

    def get_queryset(self) -> Any:
        known = Service.objects.select_related("team", "escalation_policy")
        if self.request.user.has_perm("policies.view_service"):
            return known
        granted: QuerySet[Service] = get_objects_for_user(
            self.request.user, SERVICE_RIGHTS, any_perm=True, with_superuser=False, accept_global_perms=False
        )
        return known.filter(Q(pk__in=granted.values("pk")))

    def list(self, request: Request) -> Response:
        """By name, fifty a page."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(ServiceOutput(page, many=True).data)

    def retrieve(self, request: Request, key: str) -> Response:
        """One service."""
        return Response(ServiceOutput(get_object_or_404(self.get_queryset(), key=key)).data)


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
        text = request.query_params.get("at")
        try:
            at = aware_in_query(text) if text is not None else clock.now()
        except ValidationError as error:
            raise ValidationError({"at": error.detail}) from error
        version = version_in_force(policy, at)
        if version is None:
            raise NotFound(f"No version of {policy.name} was in force at {at:%Y-%m-%d %H:%M:%S} UTC.")
        return Response(VersionOutput(version).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("from", int, required=True, description="The number of the version to begin with."),
            OpenApiParameter("to", int, required=True, description="The number of the version to compare with it."),
        ],
        responses={200: ComparisonOutput, **ASKED},
    )
    @action(detail=True, methods=["get"])
    def compare(self, request: Request, pk: str) -> Response:
        """What one version changes of another, field by field in words, and who decided on both with which words."""
        policy, asked = self._policy(pk), request.query_params
        refuse_unknown(asked, {"from", "to"})
        versions = versions_for(request.user, policy)
        before, after = (get_object_or_404(versions, number=number_in_query(asked, name)) for name in ("from", "to"))
        found = compare(before, after)
        said = {"before": before, "after": after, "differences": [change.words for change in found.changes]}
        return Response(ComparisonOutput(said, context=phases(policy, clock.now())).data)

    def _policy(self, pk: str) -> EscalationPolicy:
        found: EscalationPolicy = get_object_or_404(self.get_queryset(), pk=int(pk))
        return found
