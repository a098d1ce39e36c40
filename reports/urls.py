"""Addresses of reports beyond the pages of the admin's models, behind the admin's own sign-in."""

from django.contrib import admin
from django.urls import path

from .admin.comparisons import comparison_pdf

urlpatterns = [
    path("comparisons/<int:before>/<int:after>/", admin.site.admin_view(comparison_pdf), name="comparison-pdf"),
]
