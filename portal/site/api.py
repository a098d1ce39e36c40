"""The API's root: version 1 of every app, and its description."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

from portal.foundation.front_door.tokens import described as described

urlpatterns = [
    path("v1/", include("incidents.api.v1.urls")),
    path("v1/ledger/", include("audit.api.v1.urls")),
    path("v1/", include("policies.api.v1.urls")),
    path("v1/events/", include("audit.api.v1.events")),
    path("v1/directory/", include("portal.directory_api")),
    path("v1/", include("portal.channel_api")),
    path("v1/", include("portal.token_api")),
    path("schema/", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="schema"),
]
