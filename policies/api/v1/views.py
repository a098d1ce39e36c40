"""The doors to the rules: each parses, asks one query, answers."""

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from guardian.shortcuts import get_objects_for_user
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from policies.governance.queries import version_in_force
from policies.models import EscalationPolicy, Service
from portal.foundation import clock
from portal.foundation.access.checks import visible_to
from portal.foundation.apikit.fields import Moment, aware_in_query
from portal.foundation.errors import NotFound

SERVICE_RIGHTS = ["policies.see_service_incidents", "policies.work_service_incidents"]


class ServiceOutput(serializers.Serializer):
    """A service as incidents name it."""

    key = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField()
    tier = serializers.IntegerField(allow_null=True)
    regulated = serializers.BooleanField()
    team = serializers.CharField(source="team.name", default=None, allow_null=True)
    policy = serializers.IntegerField(
        source="escalation_policy.pk", default=None, allow_null=True, help_text="Id of its escalation policy."
    )


class VersionOutput(serializers.Serializer):
    """A policy version with its frozen content and the hash of it."""

    id = serializers.IntegerField()
    policy = serializers.IntegerField(source="policy_id")
    policy_name = serializers.CharField(source="policy.name")
    number = serializers.IntegerField()
    effective_from = Moment()
    approved_at = Moment()
    content_sha256 = serializers.CharField()
    content = serializers.JSONField()


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
    """Escalation policies."""

    lookup_value_regex = r"[0-9]{1,15}"
    queryset = EscalationPolicy.objects.none()
    serializer_class = VersionOutput
    filter_backends: tuple[Any, ...] = ()
    pagination_class = None

    def get_queryset(self) -> Any:
        return visible_to(self.request.user, EscalationPolicy.objects.all(), "policies.view_escalationpolicy")

    @extend_schema(
        parameters=[OpenApiParameter("at", OpenApiTypes.DATETIME, description="An instant with its zone; now when left out.")],
        responses={200: VersionOutput},
    )
    @action(detail=True, methods=["get"], url_path="version-in-force")
    def version_in_force(self, request: Request, pk: str) -> Response:
        """The version in force at an instant; the answer for a past instant never changes."""
        policy = get_object_or_404(self.get_queryset(), pk=int(pk))
        text = request.query_params.get("at")
        try:
            at = aware_in_query(text) if text is not None else clock.now()
        except ValidationError as error:
            raise ValidationError({"at": error.detail}) from error
        version = version_in_force(policy, at)
        if version is None:
            raise NotFound(f"No version of {policy.name} was in force at {at:%Y-%m-%d %H:%M:%S} UTC.")
        return Response(VersionOutput(version).data)
