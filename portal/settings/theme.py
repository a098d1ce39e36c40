"""The admin theme: one accent (deep teal), greys, and the sections in the users' words and order."""

from django.templatetags.static import static
from django.urls import reverse_lazy

UNFOLD = {
    "SITE_TITLE": "Escalation Governance",
    "SITE_HEADER": "Escalation Governance",
    # There is no other site to return to.
    "SITE_URL": None,
    "SITE_SYMBOL": "escalator_warning",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("portal/favicon.svg")},
    ],
    "ACCOUNT": {"navigation": [{"title": "Sign-in and sessions", "link": reverse_lazy("front-door")}]},
    # Pages of things that keep a history show the way to it: see portal/foundation/adminkit/pages.py.
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [
        lambda request: static("adminkit/adminkit.css"),
        lambda request: static("portal/portal.css"),
        lambda request: static("portal/work-list.css"),
        lambda request: static("portal/policy-form.css"),
    ],
    "SCRIPTS": [
        lambda request: static("adminkit/reachable.js"),
        lambda request: static("portal/menu.js"),
        lambda request: static("portal/keep.js"),
    ],
    "DASHBOARD_CALLBACK": "portal.site.dashboard.views.work_list",
    "COLORS": {
        "primary": {
            "50": "#f0fdfa",
            "100": "#ccfbf1",
            "200": "#99f6e4",
            "300": "#5eead4",
            "400": "#2dd4bf",
            "500": "#14a3a0",
            "600": "#0f766e",
            "700": "#115e59",
            "800": "#134e4a",
            "900": "#0f3f3d",
            "950": "#042f2e",
        },
    },
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "portal.site.navigation.sections"},
}
