"""GET /metrics, for those whom the settings name; for everybody else there is no such page."""

import ipaddress
import secrets

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import path
from django.views.decorators.cache import never_cache

from portal.foundation import clock

from .exposition import CONTENT_TYPE, exposed
from .figures import families


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures of now. Raises Http404 for whoever may not see them, so that a stranger learns nothing, not even that there are some."""
    if not _may_read(request):
        raise Http404
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return HttpResponse(exposed(families(clock.now())), content_type=CONTENT_TYPE)


def _may_read(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN.encode()
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and secrets.compare_digest(given.strip().encode(), token):
        return True
    if not settings.METRICS_NETWORKS:
        return False
    try:
        # The address of the connection itself: a header that names another one can be written by anybody.
        caller = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    caller = getattr(caller, "ipv4_mapped", None) or caller
    return any(caller in network for network in settings.METRICS_NETWORKS)


urlpatterns = [path("", metrics, name="metrics")]
