"""What policies and services name: regions, roles, customer segments, runbooks, measures of our own."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Model, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from policies.catalogue.authority import day_of, in_force
from policies.catalogue.services import remove
from policies.models import CustomerSegment, OwnMeasure, Region, Role, Runbook
from policies.severity.services import remove_measure
from portal.foundation import words
from portal.foundation.adminkit.bases import GovernedAdmin
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.people.models import User

from . import authority as authority


def deleting(model: type[Model], run: Callable[..., Any] = remove) -> Verb:
    """The verb that takes a thing out of the catalogue, and says what still uses it when it cannot go."""
    name = model._meta.model_name
    return Verb(
        key="remove",
        label="Delete",
        run=run,
        permission=f"policies.delete_{name}",
        look="danger",
        consequence="It can no longer be chosen. What it was stays in its history. While something uses it, it cannot go.",
        ask="Why does it go?",
        done="Deleted.",
        back_to=lambda thing, outcome: reverse(f"admin:policies_{name}_changelist"),
    )


@admin.register(Region)
class RegionAdmin(GovernedAdmin):
    list_display = ("name", "works_here")
    search_fields = ("name",)
    fields = ("name", "people")
    filter_horizontal = ("people",)
    verbs = (deleting(Region),)
    empty_list = "Regions say where a mandate holds: a part of the world with its own people, languages or law. 'EU' is one."

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(number=Count("people", filter=Q(people__is_active=True)))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = User.objects.filter(is_active=True).order_by("display_name", "username")
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description="People", ordering="number")
    def works_here(self, region: Any) -> str:
        return f"{region.number:,}"

    def first_line(self, region: Any, now: datetime) -> str:
        authority = region.delegated_authority.filter(in_force(day_of(now))).count()
        return f"{words.counted(region.number, 'person', 'people')} here; {words.counted(authority, 'delegation')} of authority in force."


@admin.register(Role)
class RoleAdmin(GovernedAdmin):
    list_display = ("name", "held_by", "deputy")
    list_filter = (("holder", admin.EmptyFieldListFilter), ("deputy", admin.EmptyFieldListFilter))
    list_select_related = ("holder", "deputy")
    search_fields = ("name", "holder__display_name", "deputy__display_name")
    fields = ("name", ("holder", "deputy"))
    verbs = (deleting(Role),)
    empty_list = (
        "A role is a function that somebody holds, such as head of payments. Levels alert the role, so that a policy outlives its holder."
    )

    @admin.display(description="Held by", ordering="holder__display_name")
    def held_by(self, role: Role) -> str:
        return str(role.holder or "nobody")

    def first_line(self, role: Any, now: datetime) -> str:
        if role.holder is None and role.deputy is None:
            return "Nobody holds this role: an alert to it reaches nobody."
        if role.holder is None:
            return f"Nobody holds this role; {role.deputy} deputises and is alerted."
        then = f"; {role.deputy} is alerted when {role.holder} cannot be reached" if role.deputy else "; there is no deputy"
        return f"{role.holder} holds this role{then}."


@admin.register(CustomerSegment)
class CustomerSegmentAdmin(GovernedAdmin):
    list_display = ("name", "criticality")
    list_filter = ("criticality",)
    search_fields = ("name", "description")
    fields = (("name", "criticality"), "description")
    verbs = (deleting(CustomerSegment),)
    empty_list = (
        "A customer segment is a group of customers and how much hangs on it. Business thresholds look at the segment an incident hits."
    )


@admin.register(Runbook)
class RunbookAdmin(GovernedAdmin):
    list_display = ("title", "kept", "owner")
    list_filter = ("owner",)
    list_select_related = ("owner",)
    search_fields = ("title", "steps", "url")
    fields = (("title", "owner"), "url", "steps")
    page_template = "policies/runbook_panels.html"
    verbs = (deleting(Runbook),)
    empty_list = (
        "A runbook says what to do, step by step. Levels, thresholds and services name it, so that it is at hand when an incident is."
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """An address without a scheme is taken as https."""
        more = {"assume_scheme": "https"} if db_field.name == "url" else {}
        return super().formfield_for_dbfield(db_field, request, **kwargs, **more)

    @admin.display(description="Where the steps are")
    def kept(self, runbook: Runbook) -> str:
        if runbook.steps:
            return words.counted(len(runbook.steps.strip().splitlines()), "line") + " here" + (", and a link" if runbook.url else "")
        return format_html('<a href="{}" rel="noopener noreferrer">{}</a>', runbook.url, runbook.url)

    def first_line(self, runbook: Any, now: datetime) -> str:
        return f"{runbook.owner} keeps this runbook." if runbook.owner else "Nobody keeps this runbook up to date: it has no owner."


@admin.register(OwnMeasure)
class OwnMeasureAdmin(GovernedAdmin):
    list_display = ("name", "key", "unit", "highest_in_words")
    search_fields = ("name", "key", "unit")
    fields = (("name", "key"), ("unit", "highest"))
    verbs = (deleting(OwnMeasure, remove_measure),)
    empty_list = (
        "Downtime, users, failures, latency and error budget are built in. A measure of our own, such as orders waiting, "
        "adds to them: thresholds can look at it, and readings are sent under its short name."
    )

    @admin.display(description="Highest possible", ordering="highest")
    def highest_in_words(self, measure: OwnMeasure) -> str:
        return words.amount(measure.highest, measure.unit) if measure.highest is not None else "no end"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Readings and conditions name a measure by its key."""
        return ("key",) if obj is not None else ()

    def first_line(self, measure: Any, now: datetime) -> str:
        return f"Readings are sent under the short name '{measure.key}'. Versions keep the name and unit that they were submitted with."
