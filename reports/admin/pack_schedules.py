"""Schedules of packs in the admin: what is made by itself when, how the last ones went, and who hears of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from audit.admin.kept import verbs_of
from audit.evidence.runs import State
from policies.models import BusinessUnit
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import GovernedAdmin, GovernedForm
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from reports.exports.formats import FORMATS
from reports.models import PackSchedule, ScheduledPack
from reports.packs.runs import BUILD
from reports.schedules.models import ROLE_TITLES
from reports.schedules.queries import newest_of
from reports.schedules.rhythm import next_run
from reports.schedules.services import COLUMNS, SCHEDULES, change_schedule, make_schedule, pause, resume

from .forms import FORMAT_WORDS

LAST_PACKS = 10
NEWEST = "_newest"


class ScheduleForm(GovernedForm):
    """The schedule's fields, formats and roles as boxes to tick."""

    formats = forms.MultipleChoiceField(
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        choices=[(name, FORMAT_WORDS[name]) for name in FORMATS],
        help_text="One PDF, XLSX or JSON comes as it is; several files come as a ZIP archive.",
        error_messages={"required": "Choose at least one format."},
    )
    roles = forms.MultipleChoiceField(
        label="Tell these roles",
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        choices=list(ROLE_TITLES.items()),
        help_text="They get a message with a link when a pack is there. You get it, too.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["formats"] = self.instance.formats or list(FORMATS)
        self.initial["roles"] = self.instance.roles or []
        if "unit" in self.fields:
            self.fields["unit"].queryset = BusinessUnit.objects.order_by("name")  # type: ignore[attr-defined]
            self.fields["unit"].empty_label = "The whole organisation"  # type: ignore[attr-defined]


class WithNewest(ChangeList):
    """The schedules of one page with the newest pack of each, read together."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        schedules = list(self.result_list)
        found = newest_of(schedules)
        for schedule in schedules:
            schedule.__dict__[NEWEST] = found.get(schedule.pk)
        self.result_list = schedules


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("on", "on"), ("paused", "paused"), ("retired", "retired")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen: dict[str, dict[str, Any]] = {
            "on": {"retired_at": None, "paused_at": None},
            "paused": {"retired_at": None, "paused_at__isnull": False},
            "retired": {"retired_at__isnull": False},
        }
        return queryset.filter(**chosen.get(self.value() or "", {}))


def _life_verbs() -> tuple[Verb, ...]:
    """Taking over and retiring, as of everything that is kept; a schedule is no secret, so it is not shared."""
    found = {verb.key: verb for verb in verbs_of(SCHEDULES, "everybody who may build packs", stays="Packs that it made stay.")}
    take_over = replace(
        found["take_over"], consequence="Its owner has left. Packs are made in your name from then on, once you let the schedule go on."
    )
    return take_over, found["retire"]


@admin.register(PackSchedule)
class PackScheduleAdmin(GovernedAdmin):
    form = ScheduleForm
    list_display = ("name", "whose", "when", "next_at", "last", "state")
    list_display_links = ("name",)
    list_filter = (StateFilter,)
    list_select_related = ("unit", "owner")
    search_fields = ("name", "unit__name")
    page_template = "reports/pack_schedule.html"
    add_words = "Add a schedule"
    empty_list = (
        "A schedule has a pack made by itself: after each quarter's end, monthly or weekly, for the whole organisation or a business unit, and "
        "tells the roles that you choose. Add the first one above."
    )
    fieldsets = (
        ("Which pack", {"fields": ["name", "unit", "which", "figures", "formats"]}),
        ("When", {"fields": ["rhythm", "days", "hour"]}),
        ("Who hears that it is there", {"fields": ["roles", "tell_unit"]}),
    )
    verbs = (
        Verb(
            key="pause",
            label="Pause it",
            run=pause,
            permission=BUILD,
            possible=lambda schedule: schedule.is_live,
            consequence="No more packs are made by it until its owner lets it go on. What is due meanwhile is not made up for.",
            ask="Why are no packs made by it for now?",
            done="Paused.",
        ),
        Verb(
            key="resume",
            label="Let it go on",
            run=resume,
            permission=BUILD,
            possible=lambda schedule: schedule.paused_at is not None and schedule.retired_at is None,
            need="nothing",
            look="primary",
            done="It goes on with the next pack that is due.",
        ),
        *_life_verbs(),
    )

    class Media:
        css = {"all": ("adminkit/adminkit.css", "portal/ledger.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        return found.select_related("unit", "owner")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WithNewest

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request.user, BUILD)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, BUILD)

    def has_view_or_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request.user, BUILD)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, BUILD)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Packs are made in the name of its owner, so nobody else says which."""
        return may(request.user, BUILD) and (obj is None or (obj.owner_id == request.user.pk and obj.retired_at is None))

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        is_own = thing.owner_id == request.user.pk
        theirs = {"pause": True, "take_over": not is_own}.get(verb.key, is_own)
        return theirs and super().may_use(request, verb, thing)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name",) if obj is not None else ()

    def save_model(self, request: HttpRequest, obj: PackSchedule, form: Any, change: bool) -> None:
        wanted: Mapping[str, Any] = {name: form.cleaned_data[name] for name in ("name", *COLUMNS) if name in form.cleaned_data}
        told: dict[str, Any] = {"actor": request.user, "now": request.portal_now, "reason": request.portal_why}  # type: ignore[attr-defined]
        made = change_schedule(obj, wanted, **told) if change else make_schedule(wanted, **told)
        obj.__dict__.update(made.__dict__)

    @admin.display(description="Pack of")
    def whose(self, schedule: Any) -> str:
        return _begun(f"{schedule.where}, {schedule.get_which_display()}")

    @admin.display(description="When")
    def when(self, schedule: Any) -> str:
        return _begun(schedule.plan.words)

    @admin.display(description="Next")
    def next_at(self, schedule: Any) -> SafeString | str:
        return next_shown(schedule, schedule.__dict__.get(NEWEST), clock.now())

    @admin.display(description="Last")
    def last(self, schedule: Any) -> SafeString | str:
        newest = schedule.__dict__.get(NEWEST)
        return _went(newest, clock.now()) if newest else "none yet"

    @admin.display(description="Is", ordering="paused_at")
    def state(self, schedule: Any) -> SafeString:
        look, text = ("", "retired") if schedule.retired_at else ("late", "paused") if schedule.paused_at else ("done", "on")
        return format_html('<span class="ak-badge ak-badge-{}">{}</span>', look, text)

    def first_line(self, schedule: Any, now: datetime) -> str:
        if schedule.retired_at:
            return format_html("Retired {}: no more packs are made by it.", moment(schedule.retired_at, now))
        if schedule.paused_at:
            return format_html("Paused {}: {}", moment(schedule.paused_at, now), schedule.paused_because)
        at = next_shown(schedule, newest_of([schedule]).get(schedule.pk), now)
        return format_html("The pack of {}, {}: {}. Next: {}.", schedule.where, schedule.get_which_display(), schedule.plan.words, at)

    def page_context(self, request: HttpRequest, schedule: Any, now: datetime) -> dict[str, Any]:
        packs = list(schedule.packs.select_related("run").order_by("-due_at")[:LAST_PACKS])
        due = next_run(schedule.plan, now, done=packs[0].period if packs else "")
        return {
            "packs": [(pack, _went(pack, now), _page_of(pack)) for pack in packs],
            "failing": packs[0] if packs and packs[0].failure else None,
            "due": due if schedule.is_live else None,
            "next_at": in_both_zones(due.at, now),
            "provisional": schedule.which == PackSchedule.About.RUNNING,
            "told": told_in_words(schedule),
            "formats": ", ".join(name.upper() for name in schedule.formats or FORMATS),
            "now": now,
        }


def next_shown(schedule: Any, newest: ScheduledPack | None, now: datetime) -> SafeString | str:
    """When its next pack is due, in the reader's zone and in UTC."""
    if not schedule.is_live:
        return "none"
    due = next_run(schedule.plan, now, done=newest.period if newest else "")
    return in_both_zones(due.at, now)


def told_in_words(schedule: PackSchedule) -> str:
    """Who hears of its packs. Not one by one: whether each may have them is asked when there is one."""
    of_the_unit = [f"whoever was given a right for {schedule.where} or a unit above it"] if schedule.tell_unit and schedule.unit_id else []
    return words.listed([str(schedule.owner), *schedule.role_titles, *of_the_unit])


def _begun(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def in_both_zones(at: datetime, now: datetime) -> SafeString:
    return format_html("<span>{} ({} UTC)</span>", moment(at, now), f"{at:%Y-%m-%d %H:%M}")


def _went(pack: ScheduledPack, now: datetime) -> SafeString | str:
    if pack.done_at:
        return format_html("<span>{} made {}</span>", pack.quarter, moment(pack.done_at, now))
    if pack.failure:
        again = format_html(" Again {}.", moment(pack.again_at, now)) if pack.again_at else ""
        return format_html("<span>{} not made: {}{}</span>", pack.quarter, pack.failure, again)
    if pack.run is not None and pack.run.state == State.RUNNING:
        return format_html("{} being made: {}", pack.quarter, (pack.run.step or "it begins").lower())
    return format_html("{} waits for a worker", pack.quarter)


def _page_of(pack: ScheduledPack) -> str:
    return reverse("admin:reports_quarterlypack_run", args=[pack.run_id]) if pack.run_id else ""
