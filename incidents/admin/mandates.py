"""Mandates in the admin: the button on an incident, and the list of what was used, with its reviews."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget

from incidents.lifecycle.queries import incidents_for
from incidents.lifecycle.states import OPEN_STATES
from incidents.mandates.queries import unreviewed
from incidents.mandates.services import REVIEW, end_use, review_use, use_mandate
from incidents.models import Incident, MandateUse
from policies.decisions.vocabulary import Mandate
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

HOURS = (1, 2, 4, 8, 24, 48, 72)


class UseForm(forms.Form):
    """Which mandate, and for how long."""

    mandate = forms.ChoiceField(
        label="Mandate",
        choices=[(each.value, each.label) for each in Mandate],
        widget=UnfoldAdminSelectWidget(),
        help_text="You must hold it: as the owner of a level of this incident's policy, or because it was delegated to you.",
    )
    hours = forms.TypedChoiceField(
        label="For",
        coerce=int,
        choices=[(hours, f"{hours} h") for hours in HOURS],
        initial=4,
        widget=UnfoldAdminSelectWidget(),
        help_text="Then it ends by itself.",
    )


class VerdictForm(forms.Form):
    """What somebody else makes of it afterwards."""

    verdict = forms.ChoiceField(
        label="It was",
        choices=MandateUse.Verdict.choices,
        widget=UnfoldAdminSelectWidget(),
        help_text="'Not justified' ends it at once, if it still counts.",
    )


def _use(incident: Incident, *, actor: Any, now: datetime, reason: str, mandate: str, hours: int) -> MandateUse:
    return use_mandate(incident, mandate, until=now + timedelta(hours=hours), actor=actor, now=now, reason=reason)


USE_MANDATE = Verb(
    key="mandate",
    label="Use a mandate",
    run=_use,
    permission="incidents.view_incident",
    possible=lambda incident: incident.origin != Incident.Origin.IMPORTED and incident.state in OPEN_STATES,
    form=UseForm,
    consequence="You act on your own authority, for a limited time. Those who review it, and the owners of the policy and the service, are "
    "told at once, and somebody else has to say whether it was justified. The portal records it; it changes nothing outside.",
    ask="What do you do on this authority, and why can it not wait?",
    done="Recorded. The others have been told, and a review is due.",
)


class StandingFilter(admin.SimpleListFilter):
    title = "review"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "waits for a review"), ("overdue", "overdue"), ("reviewed", "reviewed"), ("running", "still counts")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = clock.now()
        chosen = {
            "waiting": Q(reviewed_at=None),
            "overdue": Q(pk__in=unreviewed(now).values("pk")),
            "reviewed": Q(reviewed_at__isnull=False),
            "running": Q(ended_at=None, until__gt=now),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(MandateUse)
class MandateUseAdmin(PortalModelAdmin):
    list_display = ("mandate", "incident", "used_by", "when", "until_when", "review")
    list_filter = (StandingFilter, "mandate", "verdict")
    list_select_related = ("incident", "used_by", "ended_by", "reviewed_by")
    search_fields = ("incident__number", "used_by__display_name", "reason")
    fields = ("incident", "mandate", "used_by", "held_as", "limits", "reason", "when", "until_when", "review", "review_reason")
    readonly_fields = fields
    empty_list = (
        "No mandate was used yet. The owner of a level uses theirs on an incident's page; it then stands here until and after its review."
    )
    verbs = (
        Verb(
            key="review",
            label="Review",
            run=review_use,
            permission=REVIEW,
            possible=lambda use: use.reviewed_at is None,
            look="primary",
            form=VerdictForm,
            consequence="Your verdict stays on record and cannot be changed.",
            ask="Why was it justified, or why not?",
            done="Reviewed.",
        ),
        Verb(
            key="end",
            label="End now",
            run=end_use,
            permission="incidents.view_mandateuse",
            possible=lambda use: use.ended_at is None and use.until > clock.now(),
            consequence="The mandate counts no more for this incident, at once. To use it again is a new use with a new review.",
            ask="What was put back as it was?",
            done="Ended.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        return found.filter(incident__in=incidents_for(request.user))

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        """Nobody reviews their own; ending is for whoever used it, and for those who review."""
        own = thing.used_by_id == request.user.pk
        return may(request.user, REVIEW) and not own if verb.key == "review" else own or may(request.user, REVIEW)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Used", ordering="used_at")
    def when(self, use: Any) -> str:
        return moment(use.used_at, clock.now())

    @admin.display(description="Until", ordering="until")
    def until_when(self, use: Any) -> str:
        return moment(use.ends, clock.now())

    @admin.display(description="Review", ordering="review_due_at")
    def review(self, use: Any) -> str:
        if use.reviewed_by is not None:
            return f"{use.get_verdict_display().capitalize()}, says {use.reviewed_by}"
        now = clock.now()
        return f"{'Overdue since' if use.review_due_at <= now else 'Due by'} {use.review_due_at:%d %b %Y, %H:%M} UTC"
