"""The door to a comparison on paper; the page that compares versions links to it by name."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse

from policies.models import PolicyVersion
from portal.foundation import clock
from portal.foundation.access.checks import visible_to
from portal.foundation.errors import PortalError
from reports.comparisons.services import download_comparison

from .runs import as_response


def comparison_pdf(request: HttpRequest, before: int, after: int) -> HttpResponse:
    """What version `after` (a primary key) changes of version `before`, the older one first, as a file to save."""
    known = visible_to(request.user, PolicyVersion.objects.all(), "policies.view_policyversion")
    pair = [get_object_or_404(known.select_related("policy__service", "policy__business_unit"), pk=key) for key in (before, after)]
    older, newer = sorted(pair, key=lambda version: version.number)
    try:
        return as_response(download_comparison(older, newer, actor=request.user, now=clock.now()))
    except PortalError as error:
        messages.error(request, error.message)
        return HttpResponseRedirect(reverse("admin:policies_policyversion_compare", args=[newer.pk]))
