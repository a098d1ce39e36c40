"""The quarterly review in the admin: the list with its progress, the page that reads like the report, its actions, and its rules."""

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
from reports.models import QuarterlyAction, QuarterlyReview, QuarterlyRules
from reports.quarterly import actions, deciding, judging, opening, signing
from reports.quarterly.models import ROLE_TITLES
from reports.quarterly.people_only import PREPARE, SIGN, VIEW
from reports.quarterly.queries import progress_of, seen_by
from reports.quarterly.rules import CHANGE, set_rules
from reports.quarterly.states import ReviewState

from .quarterly_forms import ActionForm, ChangeActionForm, DecisionForm, FindingForm, RulesForm, WriteForm
from .quarterly_pages import BehindView, DecisionView, FindingView, OpenView
from .quarterly_shown import badge, late_words, page_of, shown, state_badge

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
            run=opening.restate,
            permission=PREPARE,
            possible=lambda review: review.is_signed,
            look="danger",
            consequence="What is signed stays readable as it is. The figures are frozen anew under the next number, which is prepared and signed like this one.",
            ask="What was wrong, and why is it stated anew? The words stand in the report.",
            done="Opened as a restatement.",
            back_to=lambda review, new: page_of(new),
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
        css = {"all": ("adminkit/adminkit.css", "portal/review.css", "portal/quarterly.css")}

    def get_urls(self) -> list[URLPattern]:
        views: tuple[tuple[str, str, type[View]], ...] = (
            ("finding/<int:key>/", "finding", FindingView),
            ("decision/<int:key>/", "decision", DecisionView),
            ("behind/", "behind", BehindView),
            ("manifest/", "manifest", ManifestView),
        )
        return [
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
            words_ = "See the pack" if review.is_signed else "See the frozen figures"
            found.append((words_, reverse("admin:reports_frozenfigures_change", args=[review.frozen_id]), "default"))
        if review.sha256:
            found.append(("Download the manifest", reverse("admin:reports_quarterlyreview_manifest", args=[review.pk]), "default"))
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


class ActionFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("open", "open"),
            ("overdue", "overdue"),
            ("mine", "mine and open"),
            ("left", "of somebody who left"),
            ("settled", "settled"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        still = Q(state="open")
        chosen = {
            "open": still,
            "overdue": still & Q(due_on__lt=clock.now().date()),
            "mine": still & Q(owner=request.user),
            "left": still & Q(owner__is_active=False),
            "settled": ~still,
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(QuarterlyAction)
class QuarterlyActionAdmin(OnlyByVerbs):
    list_display = ("title", "state_shown", "owner", "due_on", "of_review")
    list_filter = (ActionFilter,)
    list_select_related = ("owner", "review__unit")
    search_fields = ("title",)
    fields = ("title", "owner", "due_on", "because_of", "outcome", "settled_by")
    readonly_fields = fields
    empty_list = (
        "What quarterly reviews agreed stands here, each with an owner and a day. Agree one on the page of a review that is being prepared."
    )
    verbs = (
        Verb(
            key="finish",
            label="Say that it is done",
            run=actions.finish_action,
            permission=PREPARE,
            possible=lambda action: action.is_open,
            look="primary",
            ask="What was done, and what shows it?",
            done="Done.",
        ),
        Verb(
            key="change",
            label="Change owner or day",
            run=actions.change_action,
            permission=PREPARE,
            possible=lambda action: action.is_open,
            form=ChangeActionForm,
            done="Changed.",
        ),
        Verb(
            key="cancel",
            label="Cancel",
            run=actions.cancel_action,
            permission=PREPARE,
            possible=lambda action: action.is_open,
            look="danger",
            consequence="It stays on record, and the next review shows that it was not done.",
            ask="Why will it not be done?",
            done="Cancelled.",
        ),
    )

    def in_reach(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """By role and by unit, and what is the reader's own to do."""
        found: QuerySet[Any] = super().in_reach(request, rows)
        return found if self.sees_all(request) else rows.filter(Q(pk__in=found.values("pk")) | Q(owner=request.user))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Also because it is this reader's. The page of signing in asks too, for nobody."""
        if not request.user.is_authenticated:
            return False
        if super().has_view_permission(request, obj):
            return True
        if obj is not None:
            return bool(obj.owner_id == request.user.pk)
        return QuarterlyAction.objects.filter(owner=request.user).exists()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_or_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        if verb.key == "finish" and actions.may_finish(thing, request.user):
            return True
        return super().may_use(request, verb, thing)

    @admin.display(description="Is", ordering="state")
    def state_shown(self, action: Any) -> SafeString:
        late = late_words(action, clock.now())
        gone = action.is_open and not action.owner.is_active
        return badge("late" if late or gone else "open" if action.is_open else "done", "its owner left" if gone else late or action.state)

    @admin.display(description="Agreed in", ordering="review__quarter")
    def of_review(self, action: Any) -> str:
        return str(action.review)

    @admin.display(description="Because of")
    def because_of(self, action: Any) -> str:
        return str(action.decision or action.finding or action.review)

    def first_line(self, action: Any, now: datetime) -> str:
        if not action.is_open:
            return format_html("{} by {}: “{}”", action.state.capitalize(), action.settled_by, action.outcome)
        if not action.owner.is_active:
            return f"{action.owner}, who has it, left. Give it to somebody who is here."
        late = late_words(action, now)
        return f"{action.owner} does it by {action.due_on.day} {action.due_on:%B %Y}{f'; it is {late}' if late else ''}."

    def links(self, request: HttpRequest, action: Any) -> list[tuple[str, str, str]]:
        return [("See the review", page_of(action.review), "default")] if may(request.user, VIEW, action.review) else []


@admin.register(QuarterlyRules)
class QuarterlyRulesAdmin(OnlyByVerbs):
    list_display = ("__str__", "days_to_sign", "signed_by")
    fields = ("first_quarter", "days_to_sign", "signed_by")
    readonly_fields = fields
    empty_list = "The rules are made by 'manage.py migrate'."
    verbs = (
        Verb(
            key="set",
            label="Change the rules",
            run=set_rules,
            permission=CHANGE,
            look="primary",
            form=RulesForm,
            consequence="Reviews that are put up for signature keep the signatures they were put up for.",
            done="Changed.",
        ),
    )

    @admin.display(description="Signed by, in this order")
    def signed_by(self, rules: Any) -> str:
        return ", then ".join(f"{step['title']} ({ROLE_TITLES.get(step['role'], step['role'])})" for step in rules.steps) or "nobody"

    def first_line(self, rules: Any, now: datetime) -> str:
        number = words.counted(len(rules.steps), "signature")
        return f"A review needs {number} by different people within {words.counted(rules.days_to_sign, 'day')} after the quarter."
