"""The trail itself: the same filters and the same order as the log's page, by cursor. Whoever may not read it is told that there is nothing."""

from datetime import UTC
from typing import Any

from django.http import Http404
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.events.alone import tell_search
from audit.models import LedgerEvent
from audit.reading.filters import PARTS, parse
from audit.reading.outcomes import OUTCOMES
from audit.reading.searching import LARGEST, SIZE, page
from audit.reading.services import RIGHT
from audit.reading.showing import lines_of, shown
from portal.foundation import clock
from portal.foundation.access.checks import require, visible_to
from portal.foundation.apikit.described import FOUND, LISTED, Problem
from portal.foundation.apikit.fields import Moment
from portal.foundation.errors import InvalidInput, NotAllowed

CURSOR, PAGE_SIZE = "cursor", "page_size"
NARROWING = {
    "person": "Keys of accounts, of which any will do; '-' is the portal itself.",
    "type": "Types of events, or a family such as incident.*",
    "kind": "Kinds of things, such as incidents.incident.",
    "object": "Things by kind and key, such as incidents.incident:12.",
    "channel": "Ways in, such as web or api.",
    "outcome": "done, refused or failed.",
}


class EventOutput(serializers.Serializer):
    """One event, in words and in keys. Names and addresses are 'erased' once they were."""

    number = serializers.IntegerField()
    id = serializers.CharField(source="event_id")
    at = Moment()
    type = serializers.CharField()
    outcome = serializers.ChoiceField(choices=list(OUTCOMES))
    who = serializers.CharField(help_text="The person's name as it was, or the part of the portal that acted.")
    person = serializers.CharField(source="who_key", help_text="The account's key; empty for the portal itself.")
    did = serializers.CharField()
    about = serializers.CharField(source="what", help_text="What the thing was called; empty where there is none.")
    kind = serializers.CharField()
    key = serializers.CharField()
    why = serializers.CharField()
    channel = serializers.CharField()
    address = serializers.CharField()
    request = serializers.CharField()


class ChangedFieldOutput(serializers.Serializer):
    """One field of a row, before and after."""

    name = serializers.CharField(source="field")
    before = serializers.CharField()
    after = serializers.CharField()


class ChangedRowOutput(serializers.Serializer):
    """What happened to one row."""

    what = serializers.CharField()
    happened = serializers.CharField(source="kind", help_text="created, changed, deleted, or what else was done with it.")
    fields_changed = ChangedFieldOutput(source="fields", many=True)


class EventDetailOutput(EventOutput):
    """One event with what it changed."""

    changes = ChangedRowOutput(many=True)
    content = serializers.JSONField(
        help_text="The event as docs/ledger-format.md has it, opened: commitments are replaced by what they stand for."
    )


class EventCountOutput(serializers.Serializer):
    """How many there are."""

    number = serializers.IntegerField()
    is_exact = serializers.BooleanField(help_text="False where it was estimated.")


class EventsOutput(serializers.Serializer):
    """A page of events, the newest first."""

    count = EventCountOutput()
    next = serializers.CharField(allow_null=True, help_text="The address of the next, older page; null on the last.")
    results = EventOutput(many=True)


PARAMETERS = [
    *(OpenApiParameter(name, str, many=True, description=said) for name, said in NARROWING.items()),
    OpenApiParameter("request", str, description="The id of a request."),
    OpenApiParameter("text", str, description="Words, all of which must stand in an event. People's names are no words: use person."),
    OpenApiParameter("since", OpenApiTypes.DATETIME, description="Included; without a zone it is UTC."),
    OpenApiParameter("until", OpenApiTypes.DATETIME, description="Left out."),
    OpenApiParameter("routine", str, enum=["shown"], description="With the sealer's signs of life, which are left out otherwise."),
    OpenApiParameter(CURSOR, str, description="Where the page before ended; take it from its 'next'."),
    OpenApiParameter(PAGE_SIZE, int, description=f"{SIZE} unless told, {LARGEST} at most."),
]


class EventsView(APIView):
    """The trail."""

    @extend_schema(operation_id="events_list", parameters=PARAMETERS, responses={200: EventsOutput, 404: Problem, **LISTED})
    def get(self, request: Request) -> Response:
        """Events, the newest first, fifty a page. A cursor stays where it is when newer events come. That somebody searched is itself an event."""
        _admit(request)
        asked = dict(request.query_params.lists())
        filters = parse(asked, UTC, beside=(CURSOR, PAGE_SIZE))
        before, size = _number(request, CURSOR, 2**63 - 1), _number(request, PAGE_SIZE, LARGEST) or SIZE
        if before is None:
            told = {name: ", ".join(values) for name, values in asked.items() if name in PARTS}
            if any(told.values()):
                tell_search("trail.searched", actor=request.user, now=clock.now(), asked=told)
        found = page(filters, request.user, before=before, size=size)
        return Response(
            EventsOutput({"count": found.count, "next": _next(request, found.older), "results": lines_of(found.events, request.user)}).data
        )


class EventView(APIView):
    """One event."""

    @extend_schema(operation_id="events_retrieve", responses={200: EventDetailOutput, **FOUND})
    def get(self, request: Request, number: int) -> Response:
        """An event with what it changed, before and after in words."""
        _admit(request)
        event = visible_to(request.user, LedgerEvent.objects.all(), RIGHT).filter(pk=number).first() if number < 2**63 else None
        if event is None:
            raise Http404
        told = shown(event, request.user)
        return Response(
            {**EventOutput(told.line).data, "changes": ChangedRowOutput(told.changes, many=True).data, "content": told.line.content}
        )


def _admit(request: Request) -> None:
    try:
        require(request.user, RIGHT, to="read the audit trail")
    except NotAllowed as refused:
        raise Http404 from refused


def _number(request: Request, name: str, largest: int) -> int | None:
    given = request.query_params.get(name)
    if given is None:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) < 20 and 0 < int(given) <= largest):
        raise InvalidInput("The trail cannot be read like this.", {name: [f"Give a whole number from 1 to {largest:,}."]})
    return int(given)


def _next(request: Request, older: int | None) -> str | None:
    if older is None:
        return None
    query: Any = request.query_params.copy()
    query[CURSOR] = str(older)
    return str(request.build_absolute_uri(f"{request.path}?{query.urlencode()}"))


urlpatterns = [
    path("", EventsView.as_view(), name="events"),
    path("<int:number>/", EventView.as_view(), name="event"),
]
