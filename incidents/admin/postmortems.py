"""Post-mortems in the admin: writing one, publishing it, and following its actions."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from incidents.models import Incident, PostMortem, PostMortemAction
from incidents.postmortems import services
from incidents.postmortems.queries import OVER
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import GovernedAdmin, PortalInline
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

State, Settled = PostMortem.State, PostMortemAction.State


def _worth_one(incident: Incident) -> bool:
    return incident.origin != Incident.Origin.DRILL and incident.state in OVER and not hasattr(incident, "post_mortem")


OPEN_POST_MORTEM = Verb(
    key="post-mortem",
    label="Open a post-mortem",
    run=services.open_by_hand,
    permission=services.CHANGE,
    possible=_worth_one,
    consequence="It is drafted from the incident's course. The owner of the service is asked to publish it within 14 days.",
    ask="Why is this incident worth one? Those that reached level 3 get theirs by themselves.",
    done="Drafted from the incident's course; now it wants your words.",
    back_to=lambda incident, made: reverse("admin:incidents_postmortem_change", args=[made.pk]),
)


class StandingFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*State.choices, ("overdue", "overdue")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "overdue":
            return queryset.filter(state=State.DRAFT, due__lt=clock.now().date())
        return queryset.filter(state=self.value()) if self.value() in State.values else queryset


class ActionFilter(StandingFilter):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*Settled.choices, ("overdue", "overdue")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "overdue":
            return queryset.filter(state=Settled.OPEN, due__lt=clock.now().date())
        return queryset.filter(state=self.value()) if self.value() in Settled.values else queryset


class ActionInline(PortalInline):
    model = PostMortemAction
    fields = ("text", "owner", "due", "state")
    readonly_fields = ("state",)
    verbose_name_plural = "actions: what will be different, by whom, until when"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and (obj is None or obj.state == State.DRAFT)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_delete_permission(request, obj)) and (obj is None or obj.state == State.DRAFT)


@admin.register(PostMortem)
class PostMortemAdmin(GovernedAdmin):
    list_display = ("incident_number", "title", "service", "level", "stands", "owner", "due", "open_actions")
    list_filter = (StandingFilter, "level", ("owner", RelatedDropdownFilter), ("incident__service", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("incident__service", "owner", "ended_by")
    search_fields = ("incident__number", "incident__title", "summary", "contributing", "lessons")
    fieldsets = (
        (None, {"fields": (("owner", "due"),)}),
        (
            "What happened, and what is learned",
            {
                "fields": ("summary", "impact", "contributing", "went_well", "lessons"),
                "description": "Blameless: what people did made sense to them with what they knew. Write roles, not names; look for what the "
                "organisation can change.",
            },
        ),
    )
    inlines = (ActionInline,)
    empty_list = (
        "No post-mortem yet. One opens by itself when an incident is resolved whose escalation reached level 3 or above; for others it is "
        "opened on the incident's page."
    )
    verbs = (
        Verb(
            key="publish",
            label="Publish",
            run=services.publish,
            permission=services.CHANGE,
            need="perhaps words",
            possible=lambda thing: thing.state == State.DRAFT,
            look="primary",
            consequence="Everybody who may see the incident can read it. Its text stays as it is from then on; its actions go on until they are "
            "settled. This cannot be undone.",
            ask="Anything to say with it. May stay empty.",
            done="Published.",
        ),
        Verb(
            key="waive",
            label="Waive",
            run=services.waive,
            permission=services.WAIVE,
            possible=lambda thing: thing.state == State.DRAFT,
            look="danger",
            consequence="None is written. The reason stays and is counted in the quarterly review. This cannot be undone.",
            ask="Why is none needed?",
            done="Waived.",
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and (obj is None or obj.state == State.DRAFT)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = found.annotate(still_open=Count("actions", filter=Q(actions__state=Settled.OPEN)))
        return counted

    def before_save(self, request: HttpRequest, obj: Any, now: datetime, *, adding: bool) -> None:
        services.check_text(obj)

    def first_line(self, thing: PostMortem, now: datetime) -> str:
        subject = format_html("{}, {}, level {}.", thing.incident.number, thing.incident.title, thing.level)
        match thing.state:
            case State.PUBLISHED:
                return format_html("{} Published {}.", subject, moment(thing.ended_at, now))
            case State.WAIVED:
                return format_html("{} Waived {}: {}", subject, moment(thing.ended_at, now), thing.waiver)
        late = " It is overdue." if thing.due < now.date() else ""
        return format_html("{} To be published by {}.{}", subject, f"{thing.due:%d %b %Y}", late)

    def links(self, request: HttpRequest, thing: PostMortem) -> list[tuple[str, str, str]]:
        return [("The incident", reverse("admin:incidents_incident_change", args=[thing.incident_id]), "default")]

    @admin.display(description="Incident", ordering="incident__number")
    def incident_number(self, thing: PostMortem) -> str:
        return thing.incident.number

    @admin.display(description="Title", ordering="incident__title")
    def title(self, thing: PostMortem) -> str:
        return thing.incident.title

    @admin.display(description="Service", ordering="incident__service__name")
    def service(self, thing: PostMortem) -> str:
        return thing.incident.service.name

    @admin.display(description="Is", ordering="state")
    def stands(self, thing: PostMortem) -> str:
        late = thing.state == State.DRAFT and thing.due < clock.now().date()
        return f"{thing.get_state_display()}, overdue" if late else str(thing.get_state_display())

    @admin.display(description="Open actions", ordering="still_open")
    def open_actions(self, thing: Any) -> int:
        return int(thing.still_open)


class OutcomeForm(forms.Form):
    """Whether it was done."""

    done = forms.TypedChoiceField(
        label="It was",
        choices=[("yes", "done"), ("no", "dropped")],
        coerce=lambda value: value == "yes",
        widget=UnfoldAdminSelectWidget(),
        help_text="Dropped: it will not be done, for the reason that you give.",
    )


@admin.register(PostMortemAction)
class PostMortemActionAdmin(GovernedAdmin):
    list_display = ("text", "incident_number", "owner", "due", "stands")
    list_filter = (ActionFilter, ("owner", RelatedDropdownFilter))
    list_filter_submit = True
    list_select_related = ("post_mortem__incident", "owner", "settled_by")
    search_fields = ("text", "outcome", "post_mortem__incident__number")
    fields = ("text", ("owner", "due"))
    empty_list = "No action yet. They come from post-mortems and stand here until they are done or dropped."
    verbs = (
        Verb(
            key="settle",
            label="Settle",
            run=services.settle_action,
            permission="incidents.view_postmortemaction",
            possible=lambda action: action.state == Settled.OPEN,
            form=OutcomeForm,
            look="primary",
            consequence="It stays as settled, with your name and words.",
            ask="What is different now, or why is it dropped?",
            done="Settled.",
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_change_permission(request, obj)) and (obj is None or obj.state == Settled.OPEN)

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        return thing.owner_id == request.user.pk or may(request.user, services.CHANGE, thing.post_mortem)

    def first_line(self, thing: PostMortemAction, now: datetime) -> str:
        if thing.state == Settled.OPEN:
            return f"To be done by {thing.due:%d %b %Y}.{' It is overdue.' if thing.due < now.date() else ''}"
        return format_html("{} {}: {}", str(thing.get_state_display()).capitalize(), moment(thing.settled_at, now), thing.outcome)

    def links(self, request: HttpRequest, thing: PostMortemAction) -> list[tuple[str, str, str]]:
        return [("The post-mortem", reverse("admin:incidents_postmortem_change", args=[thing.post_mortem_id]), "default")]

    @admin.display(description="Incident", ordering="post_mortem__incident__number")
    def incident_number(self, action: PostMortemAction) -> str:
        return action.post_mortem.incident.number

    @admin.display(description="Is", ordering="state")
    def stands(self, action: PostMortemAction) -> str:
        return str(action.get_state_display())
