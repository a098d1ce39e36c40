"""The page of a review that a worker opens: it can be left and found again, and leads to the review in the end."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views import View

from audit.evidence.runs import under_way
from portal.foundation import clock
from portal.foundation.access.checks import may
from reports.models import QuarterlyReview, ReviewRun
from reports.quarterly.people_only import PREPARE

from .quarterly_shown import page_of


def run_page(run: ReviewRun) -> str:
    return reverse("admin:reports_quarterlyreview_run", args=[run.pk])


def said_of(made: QuarterlyReview | ReviewRun) -> str:
    """What is said after 'Restate'."""
    return "Opened as a restatement." if isinstance(made, QuarterlyReview) else ""


def page_after(made: QuarterlyReview | ReviewRun) -> str:
    """Where whoever asked for it goes on."""
    return run_page(made) if isinstance(made, ReviewRun) else page_of(made)


class RunView(View):
    """How far it is, then its review. A colleague goes on where somebody left."""

    model_admin: Any = None

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if not may(request.user, PREPARE):
            raise PermissionDenied
        rows = ReviewRun.objects.select_related("requested_by", "unit", "restates__unit", "review__unit")
        run, now = get_object_or_404(rows, pk=object_id), clock.now()
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "title": "Restate a quarterly review" if run.restates else "Open a quarterly review",
            "media": self.model_admin.media,
            "run": run,
            "of": QuarterlyReview(quarter=run.quarter).of,
            "live": under_way(run, now),
            "now": now,
            "again": page_of(run.restates) if run.restates else f"{reverse('admin:reports_quarterlyreview_add')}?quarter={run.quarter}",
        }
        return render(request, "reports/quarterly_run.html", context)
