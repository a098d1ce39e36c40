"""What quarterly reviews agreed, each with its owner and day; and the rules of the review."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.admin.retention import OnlyByVerbs
from incidents.feedback.queries import VIEW as SEE_FEEDBACK
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.verbs import Verb
from reports.models import QuarterlyAction, QuarterlyRules
from reports.quarterly import actions
from reports.quarterly.models import ROLE_TITLES
from reports.quarterly.people_only import PREPARE, VIEW
from reports.quarterly.rules import CHANGE, set_rules

from .quarterly_forms import ChangeActionForm, RulesForm
from .quarterly_shown import badge, late_words, page_of


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
    list_select_related = ("owner", "review__unit", "finding", "decision", "feedback")
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
        return str(action.decision or action.finding or action.feedback or action.review)

    def first_line(self, action: Any, now: datetime) -> str:
        if not action.is_open:
            return format_html("{} by {}: “{}”", action.state.capitalize(), action.settled_by, action.outcome)
        if not action.owner.is_active:
            return f"{action.owner}, who has it, left. Give it to somebody who is here."
        late = late_words(action, now)
        return f"{action.owner} does it by {action.due_on.day} {action.due_on:%B %Y}{f'; it is {late}' if late else ''}."

    def links(self, request: HttpRequest, action: Any) -> list[tuple[str, str, str]]:
        found = [("See the review", page_of(action.review), "default")] if may(request.user, VIEW, action.review) else []
        if action.feedback is not None and may(request.user, SEE_FEEDBACK, action.feedback):
            found.append(("See the feedback", reverse("admin:incidents_feedback_change", args=[action.feedback_id]), "default"))
        return found


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
