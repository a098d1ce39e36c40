"""Rights on single objects and appointments of auditors: lists of what counts, what was, and the pages that give and take back."""

import hashlib
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path

from portal.foundation import clock
from portal.foundation.access.models import AuditAppointment, ObjectGrant
from portal.foundation.access.places import INCIDENT, SERVICE, UNIT, level_of
from portal.foundation.adminkit.bases import PortalModelAdmin, show_in
from portal.foundation.adminkit.moments import moment, written
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.errors import PortalError
from portal.foundation.granting.appointments import APPOINT, DISMISS, appoint, dismiss
from portal.foundation.granting.services import GIVE, TAKE_BACK, give, take_back

from .access_forms import AppointForm, GiveForm
from .access_pages import AccessView, PersonView, named_object

GIVING = Verb(
    key="give",
    label="Give",
    run=give,
    permission=GIVE,
    look="primary",
    consequence="It counts at once, or from the first day, on every page, in the API, in searches and figures. You cannot give more than you have "
    "there yourself, and nothing to yourself.",
)
APPOINTING = Verb(
    key="appoint",
    label="Appoint",
    run=appoint,
    permission=APPOINT,
    look="primary",
    consequence="While it lasts the account reads what is evidence in this scope and does nothing else: its other roles and rights do not count. "
    "Other people's addresses stay hidden, and every page, list and file that it opens is recorded in the audit trail.",
)


class StandingFilter(admin.SimpleListFilter):
    title = "now"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("counts", "counts"), ("planned", "begins later"), ("over", "over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = clock.now()
        chosen = {
            "counts": ObjectGrant.in_force(now),
            "planned": Q(ended_at=None, starts_at__gt=now),
            "over": Q(ended_at__isnull=False) | Q(until__lte=now),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


class _Given(PortalModelAdmin):
    """What the two lists share."""

    actions = None
    show_full_result_count = False
    making: Verb
    form_of_it: Any

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = self.form_of_it(request.POST or None, actor=request.user, initial=self.suggested(request))
        if request.method != "POST" or not form.is_valid():
            return self._ask(request, None, self.making, form)
        try:
            if asked := self.to_confirm(form):
                form.data = form.data.copy()
                form.data["sure"] = _digest(asked)
                return self._ask(request, None, self.making, form, first=asked, status=200)
            made = self.make(request, form, clock.now())
        except PortalError as error:
            show_in(form, error)
            return self._ask(request, None, self.making, form)
        messages.success(request, f"Done: {self.first_line(made, clock.now())}")
        return redirect(self.page_of(made))

    def _ask(self, request: HttpRequest, thing: Any, verb: Verb, form: Any, first: str = "", status: int = 0) -> HttpResponse:
        if thing is not None:
            return super()._ask(request, thing, verb, form)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": self.add_words,
            "verb": verb,
            "form": form,
            "first_line": first,
            "possible": True,
            "back": "../",
            "media": self.media + form.media,
        }
        return render(request, "adminkit/verb.html", context, status=status or (400 if form.errors else 200))

    def suggested(self, request: HttpRequest) -> dict[str, Any]:
        return {}

    def to_confirm(self, form: Any) -> str:
        """What is asked once more before it is done; empty when it was."""
        return ""

    def make(self, request: HttpRequest, form: Any, now: datetime) -> Any:
        raise NotImplementedError

    @admin.display(description="From", ordering="starts_at")
    def begins(self, given: Any) -> str:
        return moment(given.starts_at, clock.now())

    @admin.display(description="Until", ordering="until")
    def ends(self, given: Any) -> str:
        return moment(given.ended_at or given.until, clock.now(), empty="no end")

    @admin.display(description="Now")
    def now(self, given: Any) -> str:
        now = clock.now()
        return "counts" if given.counts(now) else "begins later" if given.ended_at is None and given.starts_at > now else "over"


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()


def _open(given: Any) -> bool:
    return given.ended_at is None


@admin.register(ObjectGrant)
class ObjectGrantAdmin(_Given):
    list_display = ("to_whom", "what", "subject_name", "begins", "ends", "now", "given_by")
    list_display_links = ("to_whom", "what")
    list_filter = (StandingFilter,)
    list_select_related = ("user", "group", "permission__content_type", "given_by", "appointment")
    search_fields = ("user__display_name", "group__name", "subject_name", "reason")
    search_help_text = "A person, a role, an object or words of the reason"
    fields = ("to_whom", "what", "subject_name", "reason", "begins", "ends", "now", "given_by", "ended_by", "end_reason")
    readonly_fields = fields
    add_words = "Give a right"
    empty_list = (
        "Roles open everything of a kind. Here stand rights on one incident, one service or one business unit, for somebody whose role does not "
        "reach it. None was given yet."
    )
    making, form_of_it = GIVING, GiveForm
    verbs = (
        Verb(
            key="take-back",
            label="Take back",
            run=take_back,
            permission=TAKE_BACK,
            look="danger",
            possible=lambda given: _open(given) and given.appointment_id is None,
            consequence="It counts for nothing from now on. To have it again, it is given anew.",
            ask="Why is it taken back?",
            done="Taken back.",
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        return [
            path("access/", site.admin_view(AccessView.as_view(site=site)), name="portal_objectgrant_access"),
            path("person/<int:person_id>/", site.admin_view(PersonView.as_view(site=site)), name="portal_objectgrant_person"),
            *super().get_urls(),
        ]

    def suggested(self, request: HttpRequest) -> dict[str, Any]:
        """`?on=policies.service:3&person=7` fills the form."""
        known: dict[str, Any] = {"person": request.GET.get("person", "")}
        if on := request.GET.get("on"):
            subject = named_object(request, on)
            kind = {INCIDENT: "incident", SERVICE: "service", UNIT: "unit"}.get(subject._meta.label_lower)
            known |= {kind: getattr(subject, "number", subject.pk)} if kind else {}
        return known

    def to_confirm(self, form: Any) -> str:
        until = f"until {written(form.until())}" if form.until() else "until somebody takes it back"
        asked = (
            f"{form.holder} may then {form.level_given.label.lower()} of {form.subject}, {until}. Press 'Give' once more if that is meant."
        )
        return "" if form.cleaned_data["sure"] == _digest(asked) else asked

    def make(self, request: HttpRequest, form: Any, now: datetime) -> ObjectGrant:
        dates = {"starts_at": form.starts_at(now), "until": form.until()}
        return give(form.level_given, form.holder, form.subject, actor=request.user, now=now, reason=form.cleaned_data["reason"], **dates)

    def first_line(self, thing: ObjectGrant, now: datetime) -> str:
        what = self.what(thing).lower()
        return f"{thing.holder}: {what} of {thing.subject_name}. It {self.now(thing) if thing.counts(now) else f'is: {self.now(thing)}'}."

    @admin.display(description="To", ordering="user__display_name")
    def to_whom(self, given: Any) -> str:
        return str(given.user) if given.user else f"{given.group} (everybody with this role)"

    @admin.display(description="May")
    def what(self, given: Any) -> str:
        level = level_of(given.right)
        return level.label if level else str(given.permission.name)


@admin.register(AuditAppointment)
class AuditAppointmentAdmin(_Given):
    list_display = ("person", "of_what", "begins", "ends", "now", "appointed_by")
    list_filter = (StandingFilter,)
    list_select_related = ("person", "appointed_by")
    search_fields = ("person__display_name", "reason")
    fields = ("person", "of_what", "reason", "begins", "ends", "now", "appointed_by", "ended_by", "end_reason")
    readonly_fields = fields
    add_words = "Appoint an auditor"
    empty_list = "An auditor from outside is called in for a scope and a time, reads and changes nothing. Nobody is appointed yet."
    making, form_of_it = APPOINTING, AppointForm
    verbs = (
        Verb(
            key="end",
            label="End it now",
            run=dismiss,
            permission=DISMISS,
            look="danger",
            possible=_open,
            consequence="The account sees nothing of it any more, from the next page on. Its other roles, if it has any, count again.",
            ask="Why does it end?",
            done="Ended.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("scope")

    def make(self, request: HttpRequest, form: Any, now: datetime) -> AuditAppointment:
        said = form.cleaned_data
        dates = {"starts_at": form.starts_at(now), "until": form.until()}
        return appoint(
            said["person"],
            actor=request.user,
            now=now,
            reason=said["reason"],
            everything=said["everything"],
            scope=form.scope,
            **dates,
        )

    def first_line(self, thing: AuditAppointment, now: datetime) -> str:
        return f"{thing.person} audits {self.of_what(thing)}."

    @admin.display(description="Audits")
    def of_what(self, appointment: Any) -> str:
        return "everything" if appointment.everything else ", ".join(sorted(given.subject_name for given in appointment.scope.all()))
