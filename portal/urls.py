"""Every address of the portal."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.utils.functional import lazy
from django.views.generic import RedirectView

from .site.pages import load_pages

# Before any address is made of them.
load_pages()

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index", permanent=False)),
    # Browsers ask for it by themselves, beside documents and answers that name no icon.
    path("favicon.ico", RedirectView.as_view(url=lazy(static, str)("portal/favicon.svg"))),
    path("admin/reports/", include("reports.urls")),
    path("", include("portal.foundation.front_door.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("portal.site.api")),
    path("", include("policies.urls")),
    path("health/", include("portal.site.health")),
    path("metrics", include("portal.site.metrics.views")),
    path("", include("portal.inbound.urls")),
]
handler400 = "portal.foundation.apikit.problems.bad_request"
handler403 = "portal.foundation.adminkit.refused_pages.forbidden"
handler404 = "portal.foundation.apikit.problems.not_found"
handler500 = "portal.foundation.apikit.problems.server_error"
