"""Start-up of the frame: the admin site and the foundation's models."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class PortalConfig(AppConfig):
    name = "portal"
    default = True
    verbose_name = "People and delivery"


class PortalAdminConfig(admin_apps.AdminConfig):
    default = False
    default_site = "portal.site.admin_site.PortalAdminSite"
