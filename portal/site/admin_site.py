"""The admin site: one front door for everyone, with an index that is a work list."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.sites import UnfoldAdminSite

from portal.foundation.front_door.urls import sign_in


class PortalAdminSite(UnfoldAdminSite):
    """Unfold's site with our words."""

    index_title = "Work list"
    enable_nav_sidebar = True

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The front door's; there is no other way in."""
        return sign_in(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """On the page of one's account."""
        return redirect("front-door-password")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The models of one app. Of all apps none: our sidebar is `navigation`, and asking every right for each page took a tenth of it."""
        return super().get_app_list(request, app_label) if app_label else []
