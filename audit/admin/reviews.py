"""Reviews of the trail: what is due, how far it is, what was found, and the signature that freezes it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views import View

from audit.models import ReviewPeriod, ReviewSignOff
from audit.reviews import closing, findings
from audit.reviews.queries import LIVE, REVIEW, SIGN, VIEW, judged_by, loose, may_review, progress, progress_of
from audit.reviews.sampling import Selection, drawn_in_words
from audit.reviews.states import PeriodState
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

from .retention import OnlyByVerbs
from .reviews_pages import FindingView, ManifestView
from .reviews_shown import marks_shown, oldest_words, progress_words, state_badge
from .reviews_work import EntriesView, MarksView, WorkView, first_line

PROGRESS = "_progress"


class WithProgress(ChangeList):
    """The periods of one page with how far they are, read together."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        periods = list(self.result_list)
        known = progress_of(periods)
        for period in periods:
            period.__dict__[PROGRESS] = known.get(period.pk)
        self.result_list = periods


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("live", "not signed"), ("overdue", "overdue"), ("open", "open"), ("closed", "to be signed"), ("signed", "signed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = {
            "live": Q(state__in=LIVE),
            "overdue": Q(state__in=LIVE, due_at__lte=clock.now()),
            "open": Q(state=PeriodState.OPEN),
            "closed": Q(state=PeriodState.CLOSED),
            "signed": Q(state=PeriodState.SIGNED),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(ReviewPeriod)
class ReviewPeriodAdmin(OnlyByVerbs):
    list_display = ("review", "state_shown", "due", "how_far", "oldest", "looks_at")
    list_filter = (StateFilter, "plan")
    list_select_related = ("plan",)
    search_fields = ("plan__name",)
    page_template = "audit/review.html"
    fields = ("opened", "closed", "closed_by", "conclusion")
    readonly_fields = fields
    empty_list = (
        "Reviews of the audit trail stand here. They open by themselves, by a plan that says what is looked at, how often and by whom. "
        "Make a plan first; its first review opens when its first day, week or month is over and sealed."
    )
    verbs = (
        Verb(
            key="close",
            label="Close the review",
            run=closing.close_period,
            permission=REVIEW,
            possible=lambda period: period.is_open,
            consequence="Nobody judges any more, and whoever may sign looks at it. Until it is signed it can be reopened.",
            ask="What did the review show? The words stand in the signed manifest: name no person in them.",
            done="Closed. It waits for a signature.",
        ),
        Verb(
            key="sign",
            label="Sign",
            run=closing.sign_period,
            permission=SIGN,
            possible=lambda period: period.state == PeriodState.CLOSED,
            look="primary",
            consequence="Population, marks, notes, findings and the newest checkpoint of the ledger are frozen under your name, for good.",
            ask="What do you base your signature on? The words stand in the signed manifest: name no person in them.",
            done="Signed.",
        ),
        Verb(
            key="reopen",
            label="Reopen",
            run=closing.reopen_period,
            permission=VIEW,
            possible=lambda period: period.state == PeriodState.CLOSED,
            consequence="Reviewers can judge again, and it must be closed anew.",
            ask="What has to be judged anew?",
            done="Reopened.",
        ),
        Verb(
            key="check",
            label="Check that it is still the same",
            run=closing.tell_check,
            permission=VIEW,
            need="nothing",
            possible=lambda period: period.is_signed,
            done=lambda result: check_words(result),
        ),
    )

    class Media:
        css = {"all": ("adminkit/adminkit.css", "portal/ledger.css", "portal/review.css")}

    def get_urls(self) -> list[URLPattern]:
        views: tuple[tuple[str, str, type[View]], ...] = (
            ("work/", "work", WorkView),
            ("work/entries/", "entries", EntriesView),
            ("work/marks/", "marks", MarksView),
            ("finding/", "finding", FindingView),
            ("manifest/", "manifest", ManifestView),
        )
        return [
            *(
                path(
                    f"<int:object_id>/{route}",
                    self.admin_site.admin_view(view.as_view(model_admin=self)),
                    name=f"audit_reviewperiod_{name}",
                )
                for route, name, view in views
            ),
            *super().get_urls(),
        ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of an open review nothing of its end."""
        return ("opened",) if obj is not None and obj.is_open else self.fields

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return WithProgress

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        if not super().may_use(request, verb, thing):
            return False
        if verb.key == "sign":
            return not closing.why_not_signed(thing, request.user)
        if verb.key == "close":
            return may_review(thing.plan, request.user)
        return verb.key != "reopen" or may(request.user, SIGN) or may_review(thing.plan, request.user)

    def offered(self, request: HttpRequest, thing: Any) -> list[Verb]:
        """Closing is offered when nothing stands in its way; the page says what does."""
        found = super().offered(request, thing)
        return [verb for verb in found if verb.key != "close" or not closing.why_not_closed(thing)]

    @admin.display(description="Review", ordering="plan__name")
    def review(self, period: Any) -> str:
        return str(period)

    @admin.display(description="Is", ordering="state")
    def state_shown(self, period: Any) -> SafeString:
        return state_badge(period, clock.now())

    @admin.display(description="Due", ordering="due_at")
    def due(self, period: Any) -> str:
        return moment(period.due_at, clock.now())

    @admin.display(description="Judged")
    def how_far(self, period: Any) -> str:
        found = period.__dict__.get(PROGRESS)
        return progress_words(found, period.drawn) if found else f"{period.drawn:,} of {period.drawn:,} judged"

    @admin.display(description="Oldest unjudged")
    def oldest(self, period: Any) -> str:
        found = period.__dict__.get(PROGRESS)
        return oldest_words(found, clock.now()) if found else "–"

    @admin.display(description="Looks at")
    def looks_at(self, period: Any) -> str:
        return drawn_in_words(period.entries, period.drawn)

    @admin.display(description="Opened")
    def opened(self, period: Any) -> str:
        return moment(period.opened_at, clock.now())

    @admin.display(description="Closed")
    def closed(self, period: Any) -> str:
        return moment(period.closed_at, clock.now())

    def first_line(self, period: Any, now: datetime) -> str:
        if period.is_signed:
            signed: ReviewSignOff = period.sign_off
            return format_html("Signed by {}, {}: “{}”", signed.by_name, moment(signed.at, now), signed.words)
        if period.state == PeriodState.CLOSED:
            return format_html(
                "Every entry is judged; it waits for a signature until {}. “{}”", moment(period.due_at, now), period.conclusion
            )
        found = progress(period)
        said = first_line({"drawn": found.drawn, "left": found.left})
        return format_html("{} To be signed until {}.", said, moment(period.due_at, now))

    def links(self, request: HttpRequest, period: Any) -> list[tuple[str, str, str]]:
        if not may(request.user, "audit.view_ledgerevent"):
            return []
        work = reverse("admin:audit_reviewperiod_work", args=[period.pk])
        found = [("Judge entries", work, "primary")] if period.is_open and may_review(period.plan, request.user) else []
        found.append(("See all entries", f"{work}?all", "default"))
        if period.is_signed:
            found.append(("Download the manifest", reverse("admin:audit_reviewperiod_manifest", args=[period.pk]), "default"))
        return found

    def page_context(self, request: HttpRequest, period: Any, now: datetime) -> dict[str, Any]:
        found = progress(period)
        made = list(period.findings.select_related("owner").order_by("state", "due_on", "pk"))
        unfound = loose(period).count() if period.is_open else 0
        return {
            "state_badge": state_badge(period, now),
            "looked_at": looked_at(period),
            "marks": marks_shown(found.marks),
            "people": judged_by(period),
            "findings": made,
            "today": now.astimezone(period.plan.zone).date(),
            "loose": unfound,
            "may_find": bool(unfound) and may(request.user, findings.ADD),
            "refusal": closing.why_not_signed(period, request.user)
            if period.state == PeriodState.CLOSED and may(request.user, SIGN)
            else "",
            "blocked": closing.why_not_closed(period) if period.is_open and not found.left else "",
            "signature": getattr(period, "sign_off", None),
            "plan_page": reverse("admin:audit_reviewplan_change", args=[period.plan_id]),
        }


def looked_at(period: ReviewPeriod) -> str:
    """'All 20 entries are looked at, by the rule: 60 entries at random.'"""
    rule = period.drawing_rule
    found = words.counted(period.entries, "entry was", "entries were")
    if rule.selection is Selection.ALL:
        return f"{found} found, and each is looked at."
    return f"{found} found, of which {period.drawn:,} are looked at by the rule: {rule.in_words()}."


def check_words(result: closing.Checked) -> str:
    """What a check found, in a sentence."""
    if not result.is_the_same:
        return "It is not the same. " + " ".join(result.wrong)
    removed = f" Of its time {words.counted(result.removed, 'entry was', 'entries were')} removed with leave, so the population was not drawn again."
    return f"It is still what was signed.{removed if result.removed else ' The same population, the same sample, the same marks.'}"
