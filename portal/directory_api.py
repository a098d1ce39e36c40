"""The door of the CMDB: its files come in and people go out, as CSV or JSON."""

from typing import Any

from django.http import HttpResponse
from django.urls import path, reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.foundation import clock
from portal.foundation.apikit.described import PROBLEMS
from portal.foundation.apikit.parsing import BodyTooLarge
from portal.foundation.directory.exporting import export_people
from portal.foundation.directory.models import DirectorySync
from portal.foundation.directory.planning import Plan
from portal.foundation.directory.queries import counts_of
from portal.foundation.directory.reading import LARGEST_BYTES
from portal.foundation.directory.services import apply_sync, counts, read_file, try_file
from portal.foundation.errors import InvalidInput

# The rest stands on the page of the file; a sender wants to know what went wrong.
MOST_ROWS = 200
_FLAGS = {"true": True, "1": True, "false": False, "0": False, "": False}
DRY_RUN = OpenApiParameter("dry_run", bool, description="Only tell what would change; nothing is kept.")
FILE_NAME = OpenApiParameter("file_name", str, description="How the file is called on its page.")
FORMAT = OpenApiParameter("format", str, enum=["csv", "json"], description="Instead of the Accept header.")


class _Whole(BaseParser):
    """The body as it came: the directory reads both formats itself, to name lines."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        content = stream.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            raise BodyTooLarge(f"The file is larger than {LARGEST_BYTES // 1_000_000} MB.")
        return bytes(content)


class WholeCsv(_Whole):
    media_type = "text/csv"


class WholeJson(_Whole):
    media_type = "application/json"


class CsvRenderer(BaseRenderer):
    """Names the format for negotiation; the content is made by the directory."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return bytes(data)


class RowOutput(serializers.Serializer):
    """One difference, addresses masked."""

    place = serializers.CharField()
    person = serializers.CharField()
    field = serializers.CharField()
    kind = serializers.CharField(help_text="change, new, conflict, here, unknown or invalid")
    ours = serializers.CharField()
    theirs = serializers.CharField()
    words = serializers.CharField()


class SyncOutput(serializers.Serializer):
    """What a file says, and what became of it. `id` and `url` are null for a dry run."""

    id = serializers.IntegerField(allow_null=True)
    url = serializers.CharField(allow_null=True)
    state = serializers.CharField()
    people = serializers.IntegerField()
    agreeing = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField())
    rows = RowOutput(many=True)


class DirectorySyncView(APIView):
    """Files of the CMDB."""

    parser_classes = (WholeJson, WholeCsv)

    @extend_schema(
        operation_id="directory_sync",
        parameters=[DRY_RUN, FILE_NAME],
        request={("application/json"): OpenApiTypes.OBJECT, "text/csv": OpenApiTypes.STR},
        responses={200: SyncOutput, 201: SyncOutput, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        """Compares a file; applies what is no conflict. Conflicts wait for a person on the page of the file. A dry run (200) keeps nothing."""
        now, actor = clock.now(), request.user
        content = request.data if isinstance(request.data, bytes) else b""
        is_json = request.content_type.partition(";")[0].strip() == "application/json"
        if _dry_run(request):
            return Response(_planned(try_file(content, actor=actor, now=now, json_expected=is_json)))
        name = request.query_params.get("file_name", "").strip()[:255] or f"sent.{'json' if is_json else 'csv'}"
        source = DirectorySync.Source.HTTP
        sync = read_file(content, file_name=name, source=source, actor=actor, now=now, json_expected=is_json)
        sync = apply_sync(sync, actor=actor, now=now, reason="Sent over HTTP.")
        return Response(_kept(sync), status=201)


class DirectoryExportView(APIView):
    """People as the CMDB reads them."""

    renderer_classes = (JSONRenderer, CsvRenderer)
    content_negotiation_class = DefaultContentNegotiation

    @extend_schema(
        operation_id="directory_export",
        parameters=[FORMAT],
        responses={(200, "application/json"): OpenApiTypes.OBJECT, (200, "text/csv"): OpenApiTypes.STR, **PROBLEMS},
    )
    def get(self, request: Request) -> HttpResponse:
        """Everybody with an account. Addresses that may hold a token stay in the portal; `***` stands for them."""
        name = request.accepted_renderer.format
        content = export_people(name, actor=request.user, now=clock.now(), reason="Read over HTTP.")
        media_type = "application/json" if name == "json" else "text/csv; charset=utf-8"
        return HttpResponse(content, content_type=media_type, headers={"Cache-Control": "no-store"})


def _dry_run(request: Request) -> bool:
    given = request.query_params.get("dry_run", "").lower()
    if given not in _FLAGS:
        raise InvalidInput("dry_run is true or false.", {"dry_run": ["Send true or false."]})
    return _FLAGS[given]


def _planned(plan: Plan) -> dict[str, Any]:
    found = [(each.entry.place, each.person.called, one) for each in plan.people for one in each.found]
    found += [(entry.place, entry.called, one) for entry, one in plan.strangers]
    rows = [
        {
            "place": place,
            "person": person,
            "field": one.field,
            "kind": one.kind.value,
            "ours": one.ours.shown,
            "theirs": one.theirs.shown,
            "words": one.words,
        }
        for place, person, one in found[:MOST_ROWS]
    ]
    people = len(plan.people) + len(plan.strangers)
    told = {"id": None, "url": None, "state": "dry run", "people": people, "agreeing": plan.agreeing}
    return {**told, "counts": counts(plan), "rows": rows}


def _kept(sync: DirectorySync) -> dict[str, Any]:
    rows = [
        {
            "place": row.place,
            "person": row.person_name,
            "field": row.field,
            "kind": row.kind,
            "ours": row.ours,
            "theirs": row.theirs,
            "words": row.words,
        }
        for row in sync.rows.order_by("pk")[:MOST_ROWS]
    ]
    told = {"id": sync.pk, "url": reverse("admin:portal_directorysync_change", args=[sync.pk]), "state": sync.state}
    return {**told, "people": sync.people, "agreeing": sync.agreeing, "counts": counts_of(sync), "rows": rows}


urlpatterns = [
    path("sync/", DirectorySyncView.as_view(), name="directory-sync"),
    path("export/", DirectoryExportView.as_view(), name="directory-export"),
]
