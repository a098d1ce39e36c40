"""Loading all pages, which only those processes do that show some."""

from importlib import import_module

from django.conf import settings
from django.contrib import admin

from portal.foundation.loading import only_when_called, without


def load_pages() -> None:
    """The admin's pages and what the API is described with, for `portal.urls`."""
    with without(*_needless()):
        admin.autodiscover()
        # Here, as the addresses would load it later.
        import_module("rest_framework.compat")
    with only_when_called("rest_framework.test", "APIRequestFactory"):
        # Describing the API asks for it, and every view that says something of itself loads what describes.
        import_module("drf_spectacular.plumbing")


def _needless() -> list[str]:
    """What the REST framework and the pages of others load if they find it: megabytes, and nobody asks for it here."""
    for_its_tests, for_descriptions, pages = ["requests"], ["markdown", "pygments", "yaml"], ["allauth.account.admin", "allauth.mfa.admin"]
    fields = [] if settings.DATABASES["default"]["ENGINE"].endswith("postgresql") else ["django.contrib.postgres"]
    return for_its_tests + for_descriptions + pages + fields
