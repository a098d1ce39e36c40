"""The API's root: version 1 of every app, and its description."""

from typing import Any

from django.http import HttpResponseBase
from django.urls import include, path
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from portal.foundation.front_door.tokens import described as described


class _Whatever(DefaultContentNegotiation):
    """Leaves it to the view behind to say in what it can answer."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class Description(APIView):
    """The description of the API, for everybody. What writes it is loaded when somebody asks, not by every process at its start."""

    permission_classes = (AllowAny,)
    content_negotiation_class = _Whatever
    schema = None

    def get(self, request: Request) -> HttpResponseBase:
        from drf_spectacular.views import SpectacularAPIView

        return SpectacularAPIView.as_view(permission_classes=self.permission_classes)(request._request)


urlpatterns = [
    path("v1/", include("incidents.api.v1.urls")),
    path("v1/ledger/", include("audit.api.v1.urls")),
    path("v1/", include("policies.api.v1.urls")),
    path("v1/events/", include("audit.api.v1.events")),
    path("v1/log-reviews/", include("audit.api.v1.reviews")),
    path("v1/quarterly-reviews/", include("reports.api.v1.quarterly")),
    path("v1/conformance/", include("reports.api.v1.conformance")),
    path("v1/directory/", include("portal.directory_api")),
    path("v1/", include("portal.channel_api")),
    path("v1/", include("portal.token_api")),
    path("schema/", Description.as_view(), name="schema"),
]
