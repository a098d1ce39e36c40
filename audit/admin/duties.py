"""Separation of duties: what was found, what was let pass, and the table that says what must not meet."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.duties.exceptions import COVER, end_exception, give_exception
from audit.duties.findings import REMOVE, cover, holdings_named, in_words, judge, remove
from audit.duties.models import day_of
from audit.duties.pairs import EVERYTHING, Holding
from audit.duties.table import CHANGE, bring_back, retire_pair, save_pair
from audit.models import DutyCheck, DutyException, DutyFinding, DutyPair
from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

from .by_verbs import OneFormView
from .duty_forms import ExceptionForm, NewPairForm, PairForm, UntilForm, WhichForm
from .retention import OnlyByVerbs

State, Kind = DutyFinding.State, DutyFinding.Kind
OPEN_FIRST = Case(When(state=State.OPEN, then=Value(0)), When(state=State.COVERED, then=Value(1)), default=Value(2))
BADGES = {State.OPEN: "late", State.COVERED: "open", State.REMOVED: "done", State.ENDED: "done"}


def badge(look: str, text: str) -> SafeString:
    return format_html('<span class="ak-badge ak-badge-{}">{}</span>', look, text)


@admin.register(DutyFinding)
class DutyFindingAdmin(OnlyByVerbs):
    list_display = ("who", "must_not_meet", "state_shown", "severity", "seen_first", "seen_last")
    list_select_related = ("person", "pair")
    list_filter = ("state", "kind", "pair__severity")
    search_fields = ("person__display_name", "person__username", "pair__words_a", "pair__words_b")
    ordering = (OPEN_FIRST, "-open_since", "-pk")
    list_before_template = "audit/duties_top.html"
    page_template = "audit/duty_finding.html"
    fields = ("seen_first", "seen_last", "closed", "closed_by", "note")
    readonly_fields = fields
    empty_list = (
        "Nobody holds duties that must not meet. Every night the portal looks who holds both rights of a pair in the table of duties, and who "
        "used both on one object; what it finds stands here until the right is taken away or somebody lets it pass until a day."
    )
    verbs = (
        Verb(
            key="remove",
            label="Take the right away",
            run=remove,
            permission=REMOVE,
            possible=lambda finding: finding.kind == Kind.HOLDS and finding.state in (State.OPEN, State.COVERED),
            look="danger",
            form=WhichForm,
            consequence="It counts at once. A role goes as a whole, with every right that comes by it.",
            ask="Why this one, and who knows of it? The words stay in the audit trail.",
            done="Taken away.",
        ),
        Verb(
            key="cover",
            label="Let it pass until a day",
            run=cover,
            permission=COVER,
            possible=lambda finding: finding.kind == Kind.HOLDS and finding.state in (State.OPEN, State.COVERED),
            form=UntilForm,
            consequence="The person keeps both. The day after, the finding is open again, and you are told two weeks before.",
            ask="Why can it not be otherwise, and what is looked at meanwhile? The words stay in the audit trail.",
            done="It passes until then.",
        ),
        Verb(
            key="judge",
            label="Close with what came of it",
            run=judge,
            permission=COVER,
            possible=lambda finding: finding.kind == Kind.USED and finding.state == State.OPEN,
            ask="What was looked at, and what came of it? The words stay in the audit trail.",
            done="Closed.",
        ),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Nothing of an end before there is one."""
        return self.fields if obj is None or obj.closed_at else self.fields[:2]

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        return thing.person_id != request.user.pk and super().may_use(request, verb, thing)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        last = DutyCheck.objects.first()
        context = {"last": last, "last_at": moment(last.at, clock.now()) if last else "", **(extra_context or {})}
        answer: HttpResponse = super().changelist_view(request, context)
        return answer

    @admin.display(description="Who", ordering="person__display_name")
    def who(self, finding: Any) -> str:
        return str(finding.person)

    @admin.display(description="Holds both")
    def must_not_meet(self, finding: Any) -> str:
        return str(finding.pair) if finding.kind == Kind.HOLDS else f"{finding.pair}: did both on {finding.place}"

    @admin.display(description="Is", ordering="state")
    def state_shown(self, finding: Any) -> SafeString:
        return badge(BADGES[finding.state], finding.get_state_display())

    @admin.display(description="Severity", ordering="pair__severity")
    def severity(self, finding: Any) -> str:
        return str(finding.pair.get_severity_display())

    @admin.display(description="First seen", ordering="first_seen")
    def seen_first(self, finding: Any) -> str:
        return moment(finding.first_seen, clock.now())

    @admin.display(description="Last seen", ordering="last_seen")
    def seen_last(self, finding: Any) -> str:
        return moment(finding.last_seen, clock.now())

    @admin.display(description="Closed")
    def closed(self, finding: Any) -> str:
        return moment(finding.closed_at, clock.now())

    def first_line(self, finding: Any, now: datetime) -> str:
        return in_words(finding)

    def page_context(self, request: HttpRequest, finding: Any, now: datetime) -> dict[str, Any]:
        running = (
            DutyException.objects.filter(person=finding.person_id, pair=finding.pair_id, ended_at=None).select_related("given_by").first()
        )
        return {
            "pair": finding.pair,
            "pair_page": reverse("admin:audit_dutypair_change", args=[finding.pair_id]),
            "sides": [
                (words, [Holding(**one).words() for one in finding.how.get(side, [])])
                for side, words in (("a", finding.pair.words_a), ("b", finding.pair.words_b))
            ]
            if finding.pair.right_a != EVERYTHING and holdings_named(finding)
            else [],
            "event": finding.how.get("event"),
            "passes": running if running and running.counts(day_of(now)) else None,
            "own": finding.person_id == request.user.pk,
        }


class PairView(OneFormView):
    """Adding a pair to the table."""

    right, title, button = CHANGE, "Add a pair of duties", "Add it"
    first_line = "Two rights that must not meet in one person. From the next night on, whoever holds both is a finding; giving both is refused at once."

    def form(self, request: HttpRequest, data: Any = None) -> Any:
        return NewPairForm(data)

    def run(self, request: HttpRequest, said: dict[str, Any]) -> Any:
        return save_pair(DutyPair(), actor=request.user, now=clock.now(), **said)


class ExceptionView(OneFormView):
    """Letting a pair pass in somebody before it is granted."""

    right, title, button = COVER, "Let a pair pass until a day", "Let it pass"
    first_line = "Needed when somebody has to be given a second duty for a while. It gives no right: whoever gives roles does that then."

    def form(self, request: HttpRequest, data: Any = None) -> Any:
        return ExceptionForm(data, reader=request.user)

    def run(self, request: HttpRequest, said: dict[str, Any]) -> Any:
        return give_exception(said.pop("person"), said.pop("pair"), actor=request.user, now=clock.now(), **said)


@admin.register(DutyPair)
class DutyPairAdmin(OnlyByVerbs):
    list_display = ("one", "other", "reach_shown", "severity_shown", "how_many", "looked_for")
    list_filter = ("reach", "severity", ("retired_at", admin.EmptyFieldListFilter))
    search_fields = ("right_a", "right_b", "words_a", "words_b", "why")
    fields = ("right_a", "right_b", "reach_shown", "severity_shown", "why", "source", "done_a", "done_b", "looked_for")
    readonly_fields = fields
    add_words = "Add a pair of duties"
    empty_list = "No two rights are kept apart. Add a pair: from then on nobody is given both, and whoever holds both is a finding."
    verbs = (
        Verb(
            key="change",
            label="Change",
            run=save_pair,
            permission=CHANGE,
            look="primary",
            form=PairForm,  # type: ignore[arg-type]
            consequence="What is given from now on is held to it, and the next check to all that is held.",
            ask="Why does it change? The words stay in the audit trail.",
            done="Changed.",
        ),
        Verb(
            key="retire",
            label="Retire",
            run=retire_pair,
            permission=CHANGE,
            possible=lambda pair: pair.retired_at is None,
            look="danger",
            consequence="Nobody is held to it any more, and its findings end with the next check. It can be brought back.",
            ask="Why may these duties meet from now on, and who decided it? The words stay in the audit trail.",
            done="Retired.",
        ),
        Verb(
            key="bring-back",
            label="Bring back",
            run=bring_back,
            permission=CHANGE,
            possible=lambda pair: pair.retired_at is not None,
            done="It is looked for again.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = found.annotate(open_findings=Count("findings", filter=Q(findings__state__in=[State.OPEN, State.COVERED])))
        return counted

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, CHANGE)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return PairView.as_view(model_admin=self)(request)  # type: ignore[return-value]

    @admin.display(description="Nobody may", ordering="words_a")
    def one(self, pair: Any) -> str:
        return str(pair.words_a)

    @admin.display(description="and also", ordering="words_b")
    def other(self, pair: Any) -> str:
        return "anything at all" if pair.right_b == EVERYTHING else str(pair.words_b)

    @admin.display(description="Reach", ordering="reach")
    def reach_shown(self, pair: Any) -> str:
        return str(pair.get_reach_display())

    @admin.display(description="Severity", ordering="severity")
    def severity_shown(self, pair: Any) -> str:
        return str(pair.get_severity_display())

    @admin.display(description="Findings now", ordering="open_findings")
    def how_many(self, pair: Any) -> int:
        return int(pair.open_findings)

    @admin.display(description="Looked for", ordering="retired_at")
    def looked_for(self, pair: Any) -> SafeString:
        return badge("late", "retired") if pair.retired_at else badge("done", "yes")

    def first_line(self, pair: Any, now: datetime) -> str:
        if pair.right_a == EVERYTHING:
            return f"A superuser is a finding, wherever there is one. {pair.why}"
        near = {
            "everywhere": "hold both at all",
            "policy": "hold both for the same policy or service",
            "object": "use both on the same object",
        }
        return f"Nobody may {near[pair.reach]}: {pair.words_a}, and {pair.words_b}. {pair.why}"


@admin.register(DutyException)
class DutyExceptionAdmin(OnlyByVerbs):
    list_display = ("who", "pair", "last_day", "state_shown", "given_by")
    list_select_related = ("person", "pair", "given_by")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    search_fields = ("person__display_name", "reason")
    fields = ("who", "pair", "reason", "given", "given_by", "last_day", "ended", "ended_by", "end_reason")
    readonly_fields = fields
    add_words = "Let a pair pass until a day"
    empty_list = (
        "Nothing is let pass. When somebody has to hold two duties for a while, somebody else says so here, with a reason and a last day."
    )
    verbs = (
        Verb(
            key="end",
            label="End it now",
            run=end_exception,
            permission=COVER,
            possible=lambda one: one.counts(day_of(clock.now())),
            look="danger",
            consequence="With the next check the pair is an open finding again, if the person still holds both.",
            done="Ended.",
        ),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, COVER)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return ExceptionView.as_view(model_admin=self)(request)  # type: ignore[return-value]

    @admin.display(description="Who", ordering="person__display_name")
    def who(self, one: Any) -> str:
        return str(one.person)

    @admin.display(description="Last day", ordering="until")
    def last_day(self, one: Any) -> str:
        return f"{one.until.day} {one.until:%b %Y}"

    @admin.display(description="Is", ordering="ended_at")
    def state_shown(self, one: Any) -> SafeString:
        if one.counts(day_of(clock.now())):
            return badge("open", "passes")
        return badge("done", "ended" if one.ended_at else "over")

    @admin.display(description="Given")
    def given(self, one: Any) -> str:
        return moment(one.given_at, clock.now())

    @admin.display(description="Ended")
    def ended(self, one: Any) -> str:
        return moment(one.ended_at, clock.now())

    def first_line(self, one: Any, now: datetime) -> str:
        when = "passes up to and with" if one.counts(day_of(now)) else "passed until"
        last = min(one.until, one.ended_at.date()) if one.ended_at else one.until
        return f"{one.person}: {one.pair} {when} {last.day} {last:%B %Y}, said {one.given_by}."
