"""Filters of the trail, each answered by an index."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from audit.events.stories import verb_words

# An index skip scan: one look-up a distinct value instead of a pass over the table.
DISTINCT_TYPES = """
WITH RECURSIVE kinds(kind) AS (
    SELECT min(type) FROM audit_ledgerevent
    UNION ALL
    SELECT (SELECT min(type) FROM audit_ledgerevent WHERE type > kinds.kind) FROM kinds WHERE kinds.kind IS NOT NULL
) SELECT kind FROM kinds WHERE kind IS NOT NULL
"""
MOST_PEOPLE = 500
# What comes every minute whatever happens, and would leave nothing else on a page.
ROUTINE = ("ledger.heartbeat",)
SHOWN = "shown"


class TypeFilter(DropdownFilter):
    """What was done."""

    title = "verb"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        with connection.cursor() as cursor:
            cursor.execute(DISTINCT_TYPES)
            found = [row[0] for row in cursor.fetchall()]
        return [(kind, f"{kind.partition('.')[0].replace('_', ' ').capitalize()} {verb_words(kind)}") for kind in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(type=self.value()) if self.value() else queryset


class PersonFilter(DropdownFilter):
    """Who did it."""

    title = "person"
    parameter_name = "actor_id"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[Any, str]]:
        people = get_user_model().objects.filter(origin="portal").order_by("display_name", "username")[:MOST_PEOPLE]
        return [("-", "The portal itself"), *((str(person.pk), str(person)) for person in people)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not self.value():
            return queryset
        return queryset.filter(actor_id="" if self.value() == "-" else self.value())


class RoutineFilter(DropdownFilter):
    """The sealer's signs of life are left out unless they are asked for: here, by their verb, or by a search."""

    title = "signs of life"
    parameter_name = "routine"
    all_option = ("", "Left out")

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(SHOWN, "Shown")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.exclude(type__in=ROUTINE) if leaves_out_routine(request) else queryset


def leaves_out_routine(request: HttpRequest) -> bool:
    """Whether the list that is asked for is without them."""
    asked = request.GET
    return not (asked.get(RoutineFilter.parameter_name) == SHOWN or asked.get(TypeFilter.parameter_name) or asked.get("q", "").strip())
