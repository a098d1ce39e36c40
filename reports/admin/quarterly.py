"""The quarterly review in the admin: the list with its progress, and the page that reads like the report."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views import View

from audit.admin.retention import OnlyByVerbs
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from reports.models import QuarterlyReview
from reports.quarterly import actions, deciding, judging, runs, signing
from reports.quarterly.people_only import PREPARE, SIGN, VIEW
from reports.quarterly.queries import feedback_in, progress_of, seen_by
from reports.quarterly.states import FindingState, ReviewState

from .quarterly_forms import ActionForm, DecisionForm, FindingForm, TogetherForm, WriteForm
from .quarterly_pages import BehindView, DecisionView, FindingView, OpenView
from .quarterly_runs import RunView, page_after, said_of
from .quarterly_shown import feedback_page, shown, state_badge

PROGRESS = "_progress"


def being_prepared(review: QuarterlyReview) -> bool:
    return review.is_open_to_change


class WithProgress(ChangeList):
    """The reviews of one page with how far they are, read together."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        reviews = list(self.result_list)
        known = progress_of(reviews)
        for review in reviews:
            review.__dict__[PROGRESS] = known[review.pk].words(review.state)
        self.result_list = reviews


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("live", "not signed"), ("overdue", "overdue"), *((state.value, state.value) for state in ReviewState)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        live = ~Q(state=ReviewState.SIGNED)
        chosen = {"live": live, "overdue": live & ~Q(state=ReviewState.PROVISIONAL) & Q(due_at__lte=clock.now())}
        chosen |= {state.value: Q(state=state) for state in ReviewState}
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(QuarterlyReview)
class QuarterlyReviewAdmin(OnlyByVerbs):
    list_display = ("review", "state_shown", "due", "how_far")
    list_filter = (StateFilter, "quarter")
    list_select_related = ("unit",)
    list_before_template = "reports/quarterly_top.html"
    search_fields = ("quarter", "unit_name")
    page_template = "reports/quarterly_review.html"
    fields = ("opened", "put_up")
    readonly_fields = fields
    add_words = "Open a review"
    empty_list = (
        "Quarterly reviews stand here. One opens by itself for the whole organisation and for each business unit with services when a quarter is "
        "over; open one by hand for a quarter before that."
    )
    verbs = (
        Verb(
            key="write",
            label="Write summary and agenda",
            run=signing.write_summary,
            permission=PREPARE,
            need="perhaps words",
            possible=being_prepared,
            form=WriteForm,
            done="Written.",
        ),
        Verb(
            key="judge-together",
            label="Judge several findings",
            run=judging.judge_together,
            permission=PREPARE,
            need="perhaps words",
            possible=being_prepared,
            form=TogetherForm,
            consequence="Each can be judged anew until the review is put up for signature.",
            ask="Needed to dismiss them: why are they no findings? The words stand in the report with each of them.",
            done=lambda judged: f"{words.counted(len(judged), 'finding')} {judged[0].state}.",
        ),
        Verb(
            key="add-finding",
            label="Add a finding",
            run=judging.add_finding,
            permission=PREPARE,
            need="perhaps words",
            possible=being_prepared,
            form=FindingForm,
            ask="Anything that the trail should say about it?",
            done="Added.",
        ),
        Verb(
            key="ask-decision",
            label="Prepare a decision",
            run=deciding.ask_decision,
            permission=PREPARE,
            need="nothing",
            possible=being_prepared,
            form=DecisionForm,
            consequence="Managers, owners and the risk committee decide; the review waits for it.",
            done="It is on the agenda.",
        ),
        Verb(
            key="agree-action",
            label="Agree an action",
            run=actions.agree_action,
            permission=PREPARE,
            need="nothing",
            possible=being_prepared,
            form=ActionForm,
            consequence="The owner is told, reminded when it is overdue, and the next review shows what became of it.",
            done="Agreed.",
        ),
        Verb(
            key="submit",
            label="Put up for signature",
            run=signing.submit_review,
            permission=PREPARE,
            possible=lambda review: review.state == ReviewState.PREPARING,
            look="primary",
            consequence="Nothing of it changes any more, and those who sign are asked one after the other. Until the last signature it can be sent back.",
            ask="What is the review based on? The words stand in the signed manifest: name no person in them.",
            done="It waits for its signatures.",
        ),
        Verb(
            key="sign",
            label="Sign",
            run=signing.sign_review,
            permission=SIGN,
            possible=lambda review: review.state == ReviewState.SIGNING,
            look="primary",
            consequence="Your signature stands under the figures, the findings and the decisions as they are. With the last one they are frozen for good.",
            ask="What do you base your signature on?",
            done=lambda review: "Signed." if not review.is_signed else "Signed. That was the last signature: the review is frozen.",
        ),
        Verb(
            key="send-back",
            label="Send back",
            run=signing.send_back,
            permission=VIEW,
            possible=lambda review: review.state == ReviewState.SIGNING,
            consequence="It is prepared again, and signatures that were given count no more.",
            ask="What has to be put right?",
            done="Sent back.",
        ),
        Verb(
            key="restate",
            label="Restate",
            run=runs.restate_or_ask,
            permission=PREPARE,
            possible=lambda review: review.is_signed,
            look="danger",
            consequence="What is signed stays readable as it is. The figures are frozen anew under the next number, which is prepared and signed like this one.",
            ask="What was wrong, and why is it stated anew? The words stand in the report.",
            done=said_of,
            back_to=lambda review, made: page_after(made),
        ),
        Verb(
            key="check",
            label="Check that it is still the same",
            run=signing.tell_check,
            permission=VIEW,
            need="nothing",
            possible=lambda review: bool(review.sha256),
            done=lambda wrong: f"It is not the same. {' '.join(wrong)}" if wrong else "It is still what was put up for signature.",
        ),
    )

    class Media:
        css = {"all": ("adminkit/adminkit.css", "portal/ledger.css", "portal/review.css", "portal/quarterly.css")}
        js = ("portal/progress.js",)

    def get_urls(self) -> list[URLPattern]:
        views: tuple[tuple[str, str, type[View]], ...] = (
            ("finding/<int:key>/", "finding", FindingView),
            ("decision/<int:key>/", "decision", DecisionView),
            ("behind/", "behind", BehindView),
            ("manifest/", "manifest", ManifestView),
        )
        return [
            path(
                "runs/<int:object_id>/", self.admin_site.admin_view(RunView.as_view(model_admin=self)), name="reports_quarterlyreview_run"
            ),
            *(
                path(
                    f"<int:object_id>/{route}",
                    self.admin_site.admin_view(view.as_view(model_admin=self)),
                    name=f"reports_quarterlyreview_{name}",
                )
                for route, name, view in views
            ),
            *super().get_urls(),
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WithProgress

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The page and the list need neither the manifest nor the history of either."""
        found: QuerySet[Any] = super().get_queryset(request)
        return found.select_related("unit", "restates", "opened_by", "submitted_by")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, PREPARE)

    def page_of(self, thing: Any) -> str:
        return page_after(thing)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, with what a worker is opening for those who may go on with it."""
        opening = runs.going_on(clock.now()) if may(request.user, PREPARE) else []
        answer: HttpResponse = super().changelist_view(request, {"opening": opening, **(extra_context or {})})
        return answer

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return OpenView.as_view(model_admin=self)(request)  # type: ignore[return-value]

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        if not super().may_use(request, verb, thing):
            return False
        if verb.key == "check":
            # Whoever audits one unit gets the manifest; the check reads the whole ledger's events of it.
            return may(request.user, VIEW)
        return verb.key != "send-back" or may(request.user, SIGN, thing) or may(request.user, PREPARE, thing)

    def offered(self, request: HttpRequest, thing: Any) -> list[Verb]:
        """What somebody cannot press yet is not offered; the page says what stands in the way."""
        hidden: dict[str, Callable[[], Any]] = {
            "judge-together": lambda: thing.findings.filter(state=FindingState.PROPOSED).count() < 2,
            "submit": lambda: signing.why_not_submitted(thing),
            "sign": lambda: signing.why_not_signed(thing, request.user),
            "restate": lambda: QuarterlyReview.objects.filter(restates=thing).exists(),
        }
        return [verb for verb in super().offered(request, thing) if verb.key not in hidden or not hidden[verb.key]()]

    @admin.display(description="Review", ordering="quarter")
    def review(self, review: Any) -> str:
        return str(review.name)

    @admin.display(description="Is", ordering="state")
    def state_shown(self, review: Any) -> SafeString:
        return state_badge(review, clock.now())

    @admin.display(description="Due", ordering="due_at")
    def due(self, review: Any) -> str:
        return moment(review.due_at, clock.now())

    @admin.display(description="Progress")
    def how_far(self, review: Any) -> str:
        return str(review.__dict__.get(PROGRESS, ""))

    @admin.display(description="Opened")
    def opened(self, review: Any) -> str:
        return format_html("{}, {}", moment(review.opened_at, clock.now()), review.opened_by or "by itself")

    @admin.display(description="Put up for signature")
    def put_up(self, review: Any) -> str:
        return format_html("{}, {}", moment(review.submitted_at, clock.now()), review.submitted_by) if review.submitted_by else "not yet"

    def first_line(self, review: Any, now: datetime) -> str:
        if review.is_signed:
            return format_html("{}: signed {}.", review.name, moment(review.signed_at, now))
        if review.state == ReviewState.PROVISIONAL:
            return format_html(
                "{}: provisional. The quarter still runs, so nobody signs it; figures of {}.", review.name, moment(review.known_until, now)
            )
        far = progress_of([review])[review.pk].words(review.state)
        late = "overdue since" if review.due_at <= now else "to be signed until"
        return format_html("{}: {}; {} {}.", review.name, far, late, moment(review.due_at, now))

    def links(self, request: HttpRequest, review: Any) -> list[tuple[str, str, str]]:
        found = []
        if review.frozen_id and may(request.user, "reports.view_frozenfigures"):
            said = "See the pack" if review.is_signed else "See the frozen figures"
            found.append((said, reverse("admin:reports_frozenfigures_change", args=[review.frozen_id]), "default"))
        if review.sha256:
            found.append(("Download the manifest", reverse("admin:reports_quarterlyreview_manifest", args=[review.pk]), "default"))
        if may(request.user, "incidents.view_feedback") and feedback_in(review).exists():
            found.append(("See the feedback", feedback_page(review), "default"))
        return found

    def page_context(self, request: HttpRequest, review: Any, now: datetime) -> dict[str, Any]:
        return shown(review, request.user, now)


class ManifestView(View):
    """What is signed, as the bytes that were hashed."""

    model_admin: Any = None

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        review = seen_by(request.user).filter(pk=object_id).exclude(manifest="").first()
        if review is None:
            raise Http404
        answer = HttpResponse(review.manifest.encode("utf-8"), content_type="application/json")
        answer["Content-Disposition"] = f'attachment; filename="quarterly-review-{review.pk}-{review.sha256[:12]}.json"'
        answer["Cache-Control"] = "no-store"
        return answer
