"""The door of a single proof."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views import View

from audit.evidence.single import take_proof
from portal.foundation import clock
from portal.foundation.errors import NotAllowed, PortalError


class ProofView(View):
    """POST hands out the proof of one event as a ZIP file."""

    model_admin: Any = None

    def post(self, request: HttpRequest, object_id: int) -> HttpResponse:
        if not self.model_admin.has_view_permission(request):
            raise PermissionDenied
        event = self.model_admin.get_object(request, str(object_id))
        if event is None:
            raise Http404
        try:
            taken = take_proof(event, actor=request.user, now=clock.now())
        except NotAllowed as error:
            raise PermissionDenied(error.message) from error
        except PortalError as error:
            messages.error(request, error.message)
            return redirect(reverse("admin:audit_ledgerevent_change", args=[event.pk]))
        headers = {"Content-Disposition": f'attachment; filename="{taken.name}"'}
        return HttpResponse(taken.content, content_type="application/zip", headers=headers)
