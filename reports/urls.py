"""Addresses of reports beyond the pages of the admin's models, behind the admin's own sign-in."""

from django.contrib import admin
from django.urls import path

from .admin.accountability import accountability, accountability_csv
from .admin.accountability_teams import accountability_teams
from .admin.comparisons import comparison_pdf
from .admin.duty_hours import duty_hours

urlpatterns = [
    path("accountability/", admin.site.admin_view(accountability), name="accountability"),
    path("accountability/csv/", admin.site.admin_view(accountability_csv), name="accountability-csv"),
    path("accountability/teams/", admin.site.admin_view(accountability_teams), name="accountability-teams"),
    path("duty-hours/", admin.site.admin_view(duty_hours), name="duty-hours"),
    path("comparisons/<int:before>/<int:after>/", admin.site.admin_view(comparison_pdf), name="comparison-pdf"),
]
