"""Addresses of reports beyond the pages of the admin's models, behind the admin's own sign-in."""

from django.contrib import admin
from django.urls import path

from .admin.comparisons import comparison_pdf
from .admin.duty_hours import duty_hours

urlpatterns = [
    path("duty-hours/", admin.site.admin_view(duty_hours), name="duty-hours"),
    path("comparisons/<int:before>/<int:after>/", admin.site.admin_view(comparison_pdf), name="comparison-pdf"),
]
