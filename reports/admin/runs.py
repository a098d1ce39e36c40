"""The page of a pack that is being made: it can be left and found again, and hands over the file in the end."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse

from audit.evidence.runs import under_way
from audit.evidence.standing import keys_shown
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.errors import PortalError
from reports.models import PackRun, PackSchedule, QuarterlyPack, ScheduledPack
from reports.packs.downloads import Download
from reports.packs.quarters import Progress, Quarter
from reports.packs.runs import BUILD, KEPT, hand_out, may_have, media_type


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
        "provisional": run.cut_off is not None and Quarter.parse(run.quarter).progress(run.cut_off) is not Progress.OVER,
        "schedule": PackSchedule.objects.filter(packs__run=run).first() if run.by_itself else None,
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
        "may_build": may(request.user, BUILD),
        "recent": recent_beside(run)[:5],
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


def recent_beside(run: PackRun) -> QuerySet[PackRun]:
    """What was asked for before: of the same schedule, whose unit it shares, else by the same person."""
    others = PackRun.objects.exclude(pk=run.pk)
    if run.by_itself:
        same = ScheduledPack.objects.filter(schedule__packs__run=run).order_by().values("run")
        return others.filter(pk__in=same)
    return others.filter(requested_by=run.requested_by, by_itself=False)


def _run(request: HttpRequest, object_id: int) -> PackRun:
    """Those of others who may build, too: a colleague goes on where somebody left."""
    asked_for = PackRun.objects.exclude(kind=PackRun.Kind.FINISHED).select_related("requested_by", "unit", "frozen")
    run = get_object_or_404(asked_for, pk=object_id)
    if not may_have(run, request.user):
        raise PermissionDenied
    return run
