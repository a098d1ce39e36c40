"""The doors of the ledger. Whoever may not pass is told that there is nothing; that they tried is an event."""

import uuid
from typing import Any

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.evidence import exports
from audit.evidence.check_runs import RIGHT as READ
from audit.evidence.single import take_proof
from audit.evidence.standing import standing
from audit.models import EvidenceExport, LedgerEvent
from portal.foundation import clock
from portal.foundation.access.checks import may, require
from portal.foundation.apikit import repeats
from portal.foundation.apikit.described import FOUND, LISTED, PROBLEMS, REPEATABLE
from portal.foundation.apikit.forms import read
from portal.foundation.errors import NotAllowed

from .answers import ExportInput, ExportOutput, LedgerOutput

ZIP = "application/zip"
FILE: dict[Any, Any] = {(200, ZIP): OpenApiTypes.BINARY, **PROBLEMS}


class Zip(BaseRenderer):
    """Names the format for negotiation; the file is there already."""

    media_type = ZIP
    format = "zip"
    charset = None
    render_style = "binary"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return bytes(JSONRenderer().render(data))


def admit(request: Request, right: str, *, to: str) -> None:
    """Raises Http404 for whoever lacks `right`."""
    try:
        require(request.user, right, to=to)
    except NotAllowed as refused:
        raise Http404 from refused


class LedgerView(APIView):
    """The ledger."""

    @extend_schema(operation_id="ledger_state", responses={200: LedgerOutput, **FOUND})
    def get(self, request: Request) -> Response:
        """How the ledger stands: what is sealed, what waits, the places outside, and the public keys."""
        if not may(request.user, exports.RIGHT):
            admit(request, READ, to="see how the ledger stands")
        return Response(LedgerOutput(standing(clock.now())).data)


class Exports(viewsets.GenericViewSet):
    """Exports of evidence."""

    lookup_value_regex = r"[0-9]{1,15}"
    queryset = EvidenceExport.objects.none()
    serializer_class = ExportOutput
    filter_backends: tuple[Any, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        admit(request, exports.RIGHT, to="take evidence out")

    def get_queryset(self) -> Any:
        return EvidenceExport.objects.select_related("requested_by").order_by("-pk")

    @extend_schema(responses={200: ExportOutput(many=True), **LISTED})
    def list(self, request: Request) -> Response:
        """Everybody's, newest first, fifty a page."""
        return self.get_paginated_response(ExportOutput(self.paginate_queryset(self.get_queryset()), many=True).data)

    @extend_schema(responses={200: ExportOutput, **FOUND})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One: how far it is, and its file."""
        return Response(ExportOutput(self._run(pk)).data)

    @extend_schema(request=ExportInput, parameters=[REPEATABLE], responses={201: ExportOutput, **PROBLEMS})
    def create(self, request: Request) -> Response:
        """Asks a worker to write a bundle. Ask for it again until `state` is done or failed; one of each person at a time."""
        now, data = clock.now(), read(ExportInput, request.data)

        def do() -> Response:
            chosen = ExportInput.selection(data)
            run = exports.request_export(chosen, actor=request.user, now=now, reason=data["reason"])
            answer = Response(ExportOutput(run).data, status=201)
            answer["Location"] = answer.data["url"]
            return answer

        return repeats.once(request, now, do)

    @extend_schema(request=None, responses=FILE)
    @action(detail=True, methods=["post"], renderer_classes=[JSONRenderer, Zip], content_negotiation_class=DefaultContentNegotiation)
    def download(self, request: Request, pk: str) -> FileResponse:
        """The file, as it was written; that it was taken is an event with the caller's name. 409 while it is not written, 404 once it is gone."""
        run = self._run(pk)
        file = exports.hand_out(run, actor=request.user, now=clock.now())
        return FileResponse(file.open("rb"), as_attachment=True, filename=run.file, content_type=ZIP)

    def _run(self, pk: str) -> EvidenceExport:
        found: EvidenceExport = get_object_or_404(self.get_queryset(), pk=int(pk))
        return found


class ProofView(APIView):
    """Proofs."""

    renderer_classes = [JSONRenderer, Zip]
    content_negotiation_class = DefaultContentNegotiation

    @extend_schema(
        operation_id="ledger_event_proof",
        parameters=[OpenApiParameter("event", str, OpenApiParameter.PATH, description="The event's number, or its id.")],
        request=None,
        responses=FILE,
    )
    def post(self, request: Request, event: str) -> HttpResponse:
        """A ZIP file with the event's entry, its proof and the verifier; that it was taken is an event. 409 while it is not sealed."""
        admit(request, READ, to="read the audit trail")
        admit(request, exports.RIGHT, to="take evidence out")
        taken = take_proof(_event(event), actor=request.user, now=clock.now())
        headers = {"Content-Disposition": f'attachment; filename="{taken.name}"'}
        return HttpResponse(taken.content, content_type=ZIP, headers=headers)


def _event(text: str) -> LedgerEvent:
    if text.isdecimal():
        return get_object_or_404(LedgerEvent, pk=int(text))
    try:
        return get_object_or_404(LedgerEvent, event_id=uuid.UUID(text))
    except ValueError:
        raise Http404 from None
