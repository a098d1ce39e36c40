"""The page of a pack that is being made: it can be left and found again, and hands over the file in the end."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from audit.evidence.runs import under_way
from audit.evidence.standing import keys_shown
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.errors import PortalError
from reports.models import PackRun, QuarterlyPack
from reports.packs.downloads import Download
from reports.packs.runs import BUILD, KEPT, TAKE_EVIDENCE, hand_out, media_type


def run_page(run: PackRun) -> str:
    return reverse("admin:reports_quarterlypack_run", args=[run.pk])


def show_run(request: HttpRequest, object_id: int) -> HttpResponse:
    """How far it is, then its file."""
    model_admin = admin.site.get_model_admin(QuarterlyPack)
    run, now = _run(request, object_id), clock.now()
    evidence = run.kind == PackRun.Kind.EVIDENCE
    context = {
        **admin.site.each_context(request),
        "opts": model_admin.opts,
        "title": f"{'Evidence' if evidence else 'Pack'} of {run.quarter}, {run.unit or 'whole organisation'}",
        "media": model_admin.media,
        "run": run,
        "evidence": evidence,
        "live": under_way(run, now),
        "now": now,
        "formats": ", ".join(name.upper() for name in run.formats),
        "length": filesizeformat(run.length),
        "deleted_at": run.finished_at + KEPT if run.finished_at else None,
        "keys": keys_shown()[0] if evidence else (),
        "recent": PackRun.objects.filter(requested_by=run.requested_by).exclude(pk=run.pk)[:5],
    }
    return render(request, "reports/pack_run.html", context)


def download_run(request: HttpRequest, object_id: int) -> HttpResponse | FileResponse:
    """POST hands out the file."""
    run = _run(request, object_id)
    if request.method == "POST":
        try:
            file = hand_out(run, actor=request.user, now=clock.now())
            return FileResponse(file.open("rb"), as_attachment=True, filename=run.file, content_type=media_type(run))
        except PortalError as error:
            messages.error(request, error.message)
    return redirect(run_page(run))


def as_response(download: Download) -> HttpResponse:
    """A file to save; the admin's pages, and so this, are kept by no cache."""
    headers = {"Content-Disposition": f'attachment; filename="{download.name}"'}
    return HttpResponse(download.content, content_type=download.media_type, headers=headers)


def _run(request: HttpRequest, object_id: int) -> PackRun:
    """Those of others who may build, too: a colleague goes on where somebody left."""
    run = get_object_or_404(PackRun.objects.select_related("requested_by", "unit", "frozen"), pk=object_id)
    if not may(request.user, TAKE_EVIDENCE if run.kind == PackRun.Kind.EVIDENCE else BUILD):
        raise PermissionDenied
    return run
