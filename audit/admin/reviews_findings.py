"""Findings of reviews: what has to be seen to, by whom and until when."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from audit.models import ReviewFinding
from audit.reviews.findings import CHANGE, LONGEST_EVIDENCE, change_finding, may_settle, resolve_finding, withdraw_finding
from audit.reviews.states import FindingState
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.people.models import User

from .retention import OnlyByVerbs

VIEW, READ = "audit.view_reviewfinding", "audit.view_ledgerevent"
LOOKS = {FindingState.OPEN: "open", FindingState.RESOLVED: "done", FindingState.WITHDRAWN: "done"}


def _evidence(label: str, said: str) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=LONGEST_EVIDENCE, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}), help_text=said
    )


class ResolveForm(forms.Form):
    """What shows that it is done."""

    evidence = _evidence("Evidence", "What shows it: an address, a ticket's number, or words. It is added to what stands there.")


class ChangeForm(forms.Form):
    """Another owner, another day."""

    takes_thing = True
    owner = forms.ModelChoiceField(User.objects.none(), label="Owner", widget=UnfoldAdminSelectWidget)
    due_on = forms.DateField(label="To be settled by", widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    evidence = _evidence("Evidence", "An address, a ticket's number, or words.")

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        initial = {"owner": thing.owner_id, "due_on": thing.due_on, "evidence": thing.evidence}
        super().__init__(*args, **{**kwargs, "initial": initial})
        people = User.objects.filter(is_active=True, origin=User.Origin.PORTAL).order_by("display_name", "username")
        self.fields["owner"].queryset = people  # type: ignore[attr-defined]


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "open"), ("overdue", "overdue"), ("mine", "mine and open"), ("settled", "settled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        still = Q(state=FindingState.OPEN)
        chosen = {
            "open": still,
            "overdue": still & Q(due_on__lt=clock.now().date()),
            "mine": still & Q(owner=request.user),
            "settled": ~still,
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(ReviewFinding)
class ReviewFindingAdmin(OnlyByVerbs):
    list_display = ("title", "state_shown", "owner", "due_on", "review")
    list_filter = (StateFilter, ("owner", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("owner", "period__plan")
    search_fields = ("title", "evidence")
    page_template = "audit/review_finding.html"
    fields = ("title", "owner", "due_on", "evidence", "resolution", "settled_by")
    readonly_fields = fields
    empty_list = (
        "What reviews of the audit trail found stands here, each with an owner and a day. In a review, mark an entry 'needs follow-up' and make "
        "a finding of it."
    )
    verbs = (
        Verb(
            key="resolve",
            label="Resolve",
            run=resolve_finding,
            permission=CHANGE,
            possible=lambda finding: finding.is_open,
            look="primary",
            form=ResolveForm,
            ask="What was done about it?",
            done="Resolved.",
        ),
        Verb(
            key="change",
            label="Change owner or day",
            run=change_finding,
            permission=CHANGE,
            possible=lambda finding: finding.is_open,
            form=ChangeForm,
            done="Changed.",
        ),
        Verb(
            key="withdraw",
            label="Withdraw",
            run=withdraw_finding,
            permission=CHANGE,
            possible=lambda finding: finding.is_open and not finding.period.is_signed,
            consequence="It stays on record as withdrawn. Its entries are free again: judge them anew, or make another finding.",
            ask="Why is it none?",
            done="Withdrawn.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        return found if may(request.user, VIEW) else found.filter(owner=request.user)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By role, or because it is this reader's. The page of signing in asks too, for nobody."""
        if not request.user.is_authenticated:
            return False
        if may(request.user, VIEW):
            return True
        if obj is not None:
            return bool(obj.owner_id == request.user.pk)
        return ReviewFinding.objects.filter(owner=request.user).exists()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_or_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        if verb.key == "resolve" and may_settle(thing, request.user):
            return True
        return super().may_use(request, verb, thing)

    @admin.display(description="Is", ordering="state")
    def state_shown(self, finding: Any) -> SafeString:
        late = late_words(finding, clock.now())
        look = "late" if late else LOOKS[FindingState(finding.state)]
        return format_html('<span class="ak-badge ak-badge-{}">{}</span>', look, late or finding.state)

    @admin.display(description="Found by", ordering="period__plan__name")
    def review(self, finding: Any) -> str:
        return str(finding.period)

    def first_line(self, finding: Any, now: datetime) -> str:
        if not finding.is_open:
            return format_html("{} by {}: “{}”", finding.state.capitalize(), finding.settled_by, finding.resolution)
        late = late_words(finding, now)
        due = f"{finding.due_on.day} {finding.due_on:%B %Y}"
        return f"{finding.owner} has to settle it by {due}{f'; it is {late}' if late else ''}."

    def page_context(self, request: HttpRequest, finding: Any, now: datetime) -> dict[str, Any]:
        may_see = may(request.user, "audit.view_reviewperiod")
        return {
            "entries": finding.items.order_by("place")[:50],
            "review_page": reverse("admin:audit_reviewperiod_change", args=[finding.period_id]) if may_see else "",
            "work_page": reverse("admin:audit_reviewperiod_work", args=[finding.period_id]) if may_see and may(request.user, READ) else "",
        }


def late_words(finding: ReviewFinding, now: datetime) -> str:
    """'overdue by 3 days'; empty for a settled one and one that has time."""
    days = (now.astimezone(finding.period.plan.zone).date() - finding.due_on).days
    return f"overdue by {words.counted(days, 'day')}" if finding.is_open and days > 0 else ""
