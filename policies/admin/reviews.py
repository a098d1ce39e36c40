"""Reviews of policies: what happened beside what is asked, and the decision that somebody signs."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminSelectWidget

from policies.governance.queries import open_version
from policies.models import EscalationPolicy, PolicyReview
from policies.reviews.evidence import evidence_of
from policies.reviews.queries import asked, is_asked, next_review, overdue, why_not_sign
from policies.reviews.services import sign_review
from portal.foundation import clock, words
from portal.foundation.access.checks import may, may_somewhere
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.canonical import content_hash

VIEW = "policies.view_policyreview"
Decision = PolicyReview.Decision
FOLLOWS = {
    Decision.KEEP: "The policy stays as it is. The next review opens by itself.",
    Decision.CHANGE: "The policy is to be changed: start a draft, which somebody else approves.",
    Decision.RETIRE: (
        "The policy is to be retired. Nothing is withdrawn by itself: let another policy speak for its services first, then give this one a "
        "draft without levels and thresholds, and have it approved."
    ),
}


class SignForm(forms.Form):
    """Keep, change or retire."""

    decision = forms.ChoiceField(
        label="Decision",
        choices=[("", "Choose …"), *Decision.choices],
        widget=UnfoldAdminSelectWidget,
        error_messages={"required": "Choose keep, change or retire."},
    )


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "waiting for a signature"), ("overdue", "overdue"), ("nobody", "overdue, nobody above"), ("signed", "signed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = {
            "open": Q(signed_at=None),
            "overdue": Q(pk__in=overdue(clock.now()).values("pk")),
            "nobody": Q(signed_at=None, climbed_at__isnull=False, climbed_to=None),
            "signed": Q(signed_at__isnull=False),
        }
        return queryset.filter(chosen.get(self.value() or "", Q()))


@admin.register(PolicyReview)
class PolicyReviewAdmin(PortalModelAdmin):
    list_display = ("review", "looks_at", "state", "due", "assigned_to", "climbed", "decided")
    list_filter = (StateFilter, "kind", "decision", "policy__scope", ("assigned_to", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("policy", "assigned_to", "climbed_to")
    search_fields = ("policy__name", "period", "assigned_to__display_name", "reason")
    page_template = "policies/review.html"
    fields = ("policy", "looks_at", "opened", "due", "assigned_to", "climbed")
    readonly_fields = fields
    empty_list = (
        "A threshold review opens for each policy when a quarter is over, and a revision when a year is, on the first day after it in the "
        "policy's time zone. None has opened yet: no policy was in force for a day in a quarter that is over."
    )
    verbs = (
        Verb(
            key="sign",
            label="Decide and sign",
            run=sign_review,
            permission=VIEW,
            possible=lambda review: review.signed_at is None,
            look="primary",
            form=SignForm,
            consequence="Your name, your decision, your words and the evidence as it stands now are kept and never changed again. The policy "
            "itself does not change by this: a change is a draft like any other.",
            ask="Why? Say what in the evidence made you decide so. The words stand in the quarterly pack.",
            done="Signed.",
        ),
    )

    def in_reach(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        seen = super().in_reach(request, rows)
        return seen if may(request.user, VIEW) else rows.filter(Q(pk__in=seen.order_by().values("pk")) | asked(request.user))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By role, or because this reader is asked. The page of signing in asks too, for nobody."""
        if not request.user.is_authenticated:
            return False
        if may(request.user, VIEW, obj):
            return True
        if obj is not None:
            return is_asked(obj, request.user)
        return may_somewhere(request.user, VIEW) or PolicyReview.objects.filter(asked(request.user)).exists()

    def has_view_or_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_view_permission(request, obj)

    def may_use(self, request: HttpRequest, verb: Verb, thing: Any) -> bool:
        return not why_not_sign(thing, request.user, clock.now())

    @admin.display(description="Review", ordering="policy__name")
    def review(self, review: Any) -> str:
        return f"{review.policy}: {review.get_kind_display()}"

    @admin.display(description="Looks at", ordering="period_end")
    def looks_at(self, review: Any) -> str:
        return str(review.period)

    @admin.display(description="Is", ordering="signed_at")
    def state(self, review: Any) -> str:
        return state_badge(review, clock.now())

    @admin.display(description="Opened", ordering="opened_at")
    def opened(self, review: Any) -> str:
        return moment(review.opened_at, clock.now())

    @admin.display(description="Due", ordering="due_at")
    def due(self, review: Any) -> str:
        return moment(review.due_at, clock.now())

    @admin.display(description="Climbed to", ordering="climbed_at")
    def climbed(self, review: Any) -> str:
        if review.climbed_at is None:
            return "–"
        return str(review.climbed_to or "nobody above")

    @admin.display(description="Decision", ordering="decision")
    def decided(self, review: Any) -> str:
        return f"{review.get_decision_display()}, {review.signed_by_name}" if review.decision else "–"

    def first_line(self, review: Any, now: datetime) -> str:
        if review.signed_at is not None:
            at, decision = moment(review.signed_at, now), review.get_decision_display()
            return format_html("Signed by {} on {}: {}. “{}”", review.signed_by_name, at, decision, review.reason)
        asked_for = format_html(
            "{} is asked to look at {} and to sign until {}.", review.assigned_to, review.period, moment(review.due_at, now)
        )
        late = late_in_words(review, now)
        if not late:
            return asked_for
        above = f"{review.climbed_to} was told." if review.climbed_to else "There is nobody above who could be told."
        return format_html("{} It is {}. {}", asked_for, late, above if review.climbed_at else "")

    def links(self, request: HttpRequest, review: Any) -> list[tuple[str, str, str]]:
        policy = ("Open the policy", self.page_of(review.policy), "default")
        if review.decision != Decision.CHANGE or not may(request.user, "policies.add_policyversion", review.policy):
            return [policy]
        pending = open_version(review.policy)
        if pending is not None:
            return [("Open the draft", reverse("admin:policies_policyversion_change", args=[pending.pk]), "primary"), policy]
        return [("Start a draft", reverse("admin:policies_escalationpolicy_do", args=[review.policy.pk, "draft"]), "primary"), policy]

    def page_context(self, request: HttpRequest, review: Any, now: datetime) -> dict[str, Any]:
        evidence = evidence_of(review, now)
        return {
            "evidence": shown(evidence),
            "as_of": moment(datetime.fromisoformat(evidence["as_of"]), now),
            "evidence_sha256": content_hash(evidence) if review.signed_at else "",
            "follows": FOLLOWS.get(review.decision, ""),
            "refusal": "" if review.signed_at else why_not_sign(review, request.user, now),
            "frozen": review.signed_at is not None,
        }


def shown(evidence: dict[str, Any]) -> dict[str, Any]:
    """The evidence with its numbers as people read them, for policies/review.html."""
    sections = [
        {
            **section,
            "figures": [{**figure, "values": [_number(value) for value in figure["values"]]} for figure in section["figures"]],
            "listings": [{**each, "more": _more(each["total"] - len(each["items"]))} for each in section["listings"]],
        }
        for section in evidence["sections"]
    ]
    return {**evidence, "sections": sections}


def _number(value: int | None) -> str:
    return "not recorded" if value is None else words.number(value)


def _more(left_out: int) -> str:
    return f"and {left_out:,} more" if left_out else ""


def late_in_words(review: PolicyReview, now: datetime) -> str:
    """'overdue by 12 days'; empty for a signed review and one that has time."""
    if review.signed_at is not None or review.due_at > now:
        return ""
    days = (now - review.due_at).days
    return f"overdue by {words.counted(days, 'day')}" if days else "overdue since today"


def state_badge(review: PolicyReview, now: datetime) -> str:
    """The state as a word with a colour behind it."""
    late = late_in_words(review, now)
    look, text = ("late", late) if late else (("done", "signed") if review.signed_at else ("open", "waiting"))
    return format_html('<span class="ak-badge ak-badge-{}">{}</span>', look, text)


def reviews_of(policy: EscalationPolicy, now: datetime) -> str:
    """The line for a policy's page: the review that waits, or when the last one was signed."""
    review = next_review(policy)
    if review is not None:
        page = reverse("admin:policies_policyreview_change", args=[review.pk])
        what = format_html('<a href="{}">{} of {}</a>', page, review.get_kind_display(), review.period)
        late = late_in_words(review, now)
        due = moment(review.due_at, now)
        return format_html("Next review: {}, asked of {}, due {}{}.", what, review.assigned_to, due, f" ({late})" if late else "")
    last = policy.reviews.exclude(signed_at=None).order_by("-signed_at").first()
    if last is None:
        return "No review has opened yet: the first one follows the quarter in which a version was in force for a day."
    page = reverse("admin:policies_policyreview_change", args=[last.pk])
    return format_html(
        'Last review: <a href="{}">{}</a>, signed by {}: {}.', page, last.period, last.signed_by_name, last.get_decision_display()
    )
