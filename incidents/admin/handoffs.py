"""Hand-offs: the list, the page of one with both signatures, and the buttons that answer it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from incidents.handoffs import services
from incidents.handoffs.people import team_of
from incidents.handoffs.queries import BESIDE, hand_offs_for, mine_to_sign
from incidents.handoffs.standing import standing
from incidents.handoffs.telling import missing_in_words
from incidents.models import HandOff
from policies.decisions.vocabulary import Track
from portal.foundation import clock
from portal.foundation.access.checks import may, may_somewhere
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

from .handoff_rows import badge, in_a_sentence, signatures
from .handoff_shift import ShiftView
from .marks import severity_mark

VIEW = "incidents.view_incident"


def _incident_page(hand_off: HandOff, outcome: Any) -> str:
    return reverse("admin:incidents_incident_change", args=[hand_off.incident_id])


ACCEPT = Verb(
    key="accept",
    label="Accept",
    run=services.accept,
    permission="",
    need="nothing",
    possible=lambda hand_off: hand_off.is_offer,
    look="primary",
    done="You have it now. Both signatures are recorded.",
    back_to=_incident_page,
)
DECLINE = Verb(
    key="decline",
    label="Decline",
    run=services.decline,
    permission="",
    possible=lambda hand_off: hand_off.is_offer,
    consequence="Whoever has it keeps it and is told at once, with your words.",
    ask="Why? It helps them to find somebody else.",
    done="Declined. They have been told.",
)
SIGN = Verb(
    key="sign",
    label="Sign that I handed it over",
    run=services.sign_giving,
    permission="",
    need="nothing",
    possible=lambda hand_off: "giver" in hand_off.lacks,
    look="primary",
    done="Signed.",
)
WITHDRAW = Verb(
    key="withdraw",
    label="Withdraw the offer",
    run=services.withdraw,
    permission="",
    need="perhaps words",
    possible=lambda hand_off: hand_off.is_offer,
    consequence="The question is taken back, and whoever had the incident keeps it.",
    ask="Why? May stay empty.",
    done="Withdrawn.",
)
WAIVE = Verb(
    key="waive",
    label="Waive the missing signature",
    run=services.waive,
    permission=services.WAIVE,
    possible=lambda hand_off: hand_off.is_open,
    look="danger",
    consequence="The hand-off is closed without the signature, under your name and with your reason. The incident can be closed then.",
    ask="Why can the signature not be had?",
    done="Waived. The two sides have been told.",
)


class WaitingFilter(admin.SimpleListFilter):
    title = "signature"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("mine", "mine to sign"), ("open", "open")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "mine":
            return queryset.filter(pk__in=mine_to_sign(request.user, clock.now()).order_by().values("pk"))
        return queryset.filter(state=HandOff.State.OPEN) if self.value() == "open" else queryset


@admin.register(HandOff)
class HandOffAdmin(PortalModelAdmin):
    list_display = ("handed_over", "incident_in_words", "kind_in_words", "standing", "missing", "offered_when")
    list_select_related = BESIDE
    list_filter = (WaitingFilter, "state", "kind", "by_engine")
    search_fields = ("incident__number", "incident__title", "giver__display_name", "receiver__display_name", "note")
    search_help_text = "Number or title of the incident, a person, words of the note"
    show_full_result_count = False
    list_per_page = 50
    actions = None
    ordering = ("-offered_at", "-id")
    page_template = "incidents/hand_off.html"
    fieldsets = ((None, {"fields": ()}),)
    empty_list = (
        "Whoever has an incident offers it to somebody else with 'Hand over' on its page, and has it until the other side accepts. "
        "Both signatures then stand here."
    )
    verbs = (ACCEPT, SIGN, DECLINE, WITHDRAW, WAIVE)

    class Media:
        css = {"all": ("portal/portal.css", "portal/handoffs.css")}

    def get_urls(self) -> list[URLPattern]:
        shift = path("shift/", self.admin_site.admin_view(ShiftView.as_view(model_admin=self)), name="incidents_handoff_shift")
        return [shift, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[HandOff]:
        return hand_offs_for(request.user, clock.now()).order_by(*self.ordering)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see the incident, and whoever takes part; `get_queryset` keeps the others away from the rows."""
        if obj is not None or may_somewhere(request.user, VIEW):
            return bool(request.user.is_active)
        return bool(request.user.is_active) and hand_offs_for(request.user, clock.now()).exists()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        """The two sides answer and sign; whoever offered withdraws; a right waives."""
        user = request.user.pk
        if verb.key == "waive":
            return may(request.user, verb.permission) and user not in {thing.giver_id, thing.receiver_id}
        if verb.key == "sign":
            return bool(user == thing.giver_id)
        if verb.key == "withdraw":
            return user in {thing.giver_id, thing.offered_by_id}
        return user in _asked(thing)

    def first_line(self, thing: Any, now: datetime) -> SafeString:
        return in_a_sentence(thing, now)

    def links(self, request: HttpRequest, thing: Any) -> list[tuple[str, str, str]]:
        return [("Open the incident", _incident_page(thing, None), "default")] if may(request.user, VIEW, thing.incident) else []

    def page_context(self, request: HttpRequest, thing: Any, now: datetime) -> dict[str, Any]:
        live = thing.incident.is_live
        stands = standing(thing.run if thing.run_id else None, thing.incident)
        return {
            "severity": severity_mark(thing.incident.severity),
            "track": Track(thing.track).label,
            "signed_by": signatures(thing, now),
            "stood": thing.content.get("escalation", {}),
            "stands": stands if live else None,
            "left": stands.remaining(now) if live else "",
            "offered_when": moment(thing.offered_at, now),
        }

    @admin.display(description="From and to")
    def handed_over(self, hand_off: Any) -> str:
        return str(hand_off)

    @admin.display(description="Incident", ordering="incident__number")
    def incident_in_words(self, hand_off: Any) -> str:
        return str(hand_off.incident)

    @admin.display(description="Kind", ordering="kind")
    def kind_in_words(self, hand_off: Any) -> str:
        return "by the escalation" if hand_off.by_engine else str(hand_off.get_kind_display())

    @admin.display(description="State", ordering="state")
    def standing(self, hand_off: Any) -> SafeString:
        return badge(hand_off)

    @admin.display(description="Waits for")
    def missing(self, hand_off: Any) -> str:
        return missing_in_words(hand_off) if hand_off.is_open else "nobody"

    @admin.display(description="Offered", ordering="offered_at")
    def offered_when(self, hand_off: Any) -> SafeString | str:
        return moment(hand_off.offered_at, clock.now())


def _asked(hand_off: Any) -> set[int]:
    """Who may answer the offer; asked for two buttons of one page, looked up once."""
    known: set[int] | None = hand_off.__dict__.get("asked")
    if known is None:
        team = hand_off.team
        people = {hand_off.receiver_id} if hand_off.receiver_id or team is None else {each.pk for each in team_of(team, clock.now())}
        known = hand_off.__dict__["asked"] = people - {hand_off.giver_id, None}
    return known
