"""Feedback in the admin: recording it, reading it, and saying what follows."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from incidents.feedback import services
from incidents.feedback.models import HIGHEST
from incidents.feedback.queries import COUNTING, with_words
from incidents.models import Feedback, FeedbackWords
from portal.foundation import clock
from portal.foundation.access.checks import may_somewhere
from portal.foundation.adminkit.bases import PortalModelAdmin
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb

from .feedback_file import TakesFiles
from .feedback_forms import ASKED, CorrectForm, RecordForm, given_in

Outcome = Feedback.Outcome
ERASED = "erased"
SHOWN = 90


class OutcomeFilter(admin.SimpleListFilter):
    title = "what followed"
    parameter_name = "is"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*Outcome.choices, ("counting", "all that count"), ("withdrawn", "withdrawn")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen in Outcome.values:
            return queryset.filter(COUNTING, outcome=chosen)
        return queryset.filter({"counting": COUNTING, "withdrawn": ~COUNTING}[chosen]) if chosen in {"counting", "withdrawn"} else queryset


def _correct(feedback: Feedback, *, actor: Any, now: datetime, reason: str, **data: Any) -> Feedback:
    return services.correct(feedback, given_in(data), actor=actor, now=now, reason=reason)


def _counts(feedback: Feedback) -> bool:
    return not feedback.is_withdrawn


def _has_words(feedback: Any) -> bool:
    return bool(feedback.words.exclude(text="").exists())


@admin.register(Feedback)
class FeedbackAdmin(TakesFiles, PortalModelAdmin):
    """What was said, in the order of its day; changed by verbs only."""

    form = RecordForm
    list_display = ("day", "from_whom", "how_satisfied", "about", "way", "stands", "gist")
    list_display_links = ("day", "from_whom")
    list_select_related = ("incident", "service")
    list_filter = (
        OutcomeFilter,
        ("giver", ChoicesDropdownFilter),
        ("satisfaction", ChoicesDropdownFilter),
        ("way", ChoicesDropdownFilter),
        ("service", RelatedDropdownFilter),
        ("service__business_unit", RelatedDropdownFilter),
    )
    list_filter_submit = True
    search_fields = ("incident__number", "service__name")
    search_help_text = "Words, number of an incident or name of a service"
    ordering = ("-given_on", "-id")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    actions = None
    actions_list = ("import_file",)
    add_words = "Record feedback"
    empty_list = (
        "No feedback yet. What a customer, a team or a stakeholder let somebody know about an incident or a service stands here, with a number "
        "from 1 to 5, words, or both. The portal asks nobody itself."
    )
    verbs = (
        Verb(
            key="correct",
            label="Correct",
            run=_correct,
            permission=services.CHANGE,
            possible=_counts,
            form=CorrectForm,
            consequence="Its history keeps what stood here before; so do the words, until they are erased.",
            ask="What was wrong? The words stay in the audit trail: name no customer in them.",
            done="Corrected.",
        ),
        Verb(
            key="nothing",
            label="Nothing to do",
            run=services.leave,
            permission=services.CHANGE,
            possible=lambda feedback: feedback.waits,
            consequence="It waits no longer. What is to be done because of feedback is agreed in a quarterly review, which offers what waits.",
            ask="Why is there nothing to do? The words stay in the audit trail: name no customer in them.",
            done="Nobody has to do anything about it.",
        ),
        Verb(
            key="withdraw",
            label="Withdraw",
            run=services.withdraw,
            permission=services.CHANGE,
            possible=_counts,
            look="danger",
            consequence="It stays on record and counts nowhere any more. Packs that are finished keep it. This cannot be undone.",
            ask="Why does it not count? The words stay in the audit trail: name no customer in them.",
            done="Withdrawn.",
        ),
        Verb(
            key="erase-words",
            label="Erase the words",
            run=services.erase_words,
            permission=services.ERASE,
            possible=_has_words,
            look="danger",
            consequence="The words go, earlier ones too; the number, and that something was said, stay. This cannot be undone.",
            ask="Who asked for it, by the number of the request? Name nobody: these words stay in the audit trail.",
            done="Erased.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_words(super().get_queryset(request))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        """Words that count are searched as the columns are: every word of the search somewhere."""
        found, repeats = super().get_search_results(request, queryset, search_term)
        said = queryset
        for word in search_term.split():
            said = said.filter(said__icontains=word)
        return (found | said if search_term.strip() else found), repeats

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ((None, {"fields": ASKED}),)
        shown = (
            "from_whom",
            "day",
            "how_satisfied",
            "way",
            "of_incident",
            "service",
            "in_words",
            "earlier",
            "what_followed",
            "who_recorded",
        )
        return ((None, {"fields": (*shown, "why_withdrawn") if obj.is_withdrawn else shown}),)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else self.get_fieldsets(request, obj)[0][1]["fields"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never by a form: verbs change it."""
        return False

    def save_model(self, request: HttpRequest, obj: Feedback, form: Any, change: bool) -> None:
        made = services.record(given_in(form.cleaned_data), actor=request.user, now=clock.now())
        obj.__dict__.update(made.__dict__)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit trail has it already."""

    def response_add(self, request: HttpRequest, obj: Feedback, post_url_continue: str | None = None) -> HttpResponse:
        return redirect(self.page_of(obj))

    def first_line(self, thing: Feedback, now: datetime) -> str:
        subject = thing.incident or thing.service
        said = f"A {thing.get_giver_display()} about {subject}: {self.how_satisfied(thing)}."
        return f"{said} Withdrawn: it does not count." if thing.is_withdrawn else f"{said} {str(thing.get_outcome_display()).capitalize()}."

    def links(self, request: HttpRequest, thing: Feedback) -> list[tuple[str, str, str]]:
        found = []
        if thing.incident_id is not None:
            found.append(("The incident", reverse("admin:incidents_incident_change", args=[thing.incident_id]), "default"))
        if thing.outcome == Outcome.ACTION and may_somewhere(request.user, "reports.view_quarterlyaction"):
            actions = reverse("admin:reports_quarterlyaction_changelist")
            found.append(("What is done about it", f"{actions}?feedback__id__exact={thing.pk}", "default"))
        return found

    @admin.display(description="Given on", ordering="given_on")
    def day(self, feedback: Feedback) -> str:
        return f"{feedback.given_on.day} {feedback.given_on:%b %Y}"

    @admin.display(description="From", ordering="giver")
    def from_whom(self, feedback: Feedback) -> str:
        return str(feedback.get_giver_display())

    @admin.display(description="Satisfaction", ordering="satisfaction")
    def how_satisfied(self, feedback: Feedback) -> str:
        return "no number" if feedback.satisfaction is None else f"{feedback.satisfaction} of {HIGHEST}"

    @admin.display(description="About")
    def about(self, feedback: Feedback) -> str:
        return f"{feedback.incident.number}, {feedback.service}" if feedback.incident else str(feedback.service)

    @admin.display(description="Incident")
    def of_incident(self, feedback: Feedback) -> str:
        return str(feedback.incident or "none: about the service")

    @admin.display(description="Followed", ordering="outcome")
    def stands(self, feedback: Feedback) -> str:
        return "withdrawn" if feedback.is_withdrawn else str(feedback.get_outcome_display())

    @admin.display(description="Words")
    def gist(self, feedback: Any) -> str:
        if not feedback.said:
            return ERASED if feedback.said_erased else "none"
        return str(feedback.said if len(feedback.said) <= SHOWN else f"{feedback.said[: SHOWN - 1]}…")

    @admin.display(description="Words")
    def in_words(self, feedback: Any) -> str:
        if feedback.said:
            return format_html('<span dir="auto">{}</span>', linebreaksbr(feedback.said))
        return "erased on request" if feedback.said_erased else "none"

    @admin.display(description="Earlier words")
    def earlier(self, feedback: Feedback) -> SafeString | str:
        before: list[FeedbackWords] = list(feedback.words.order_by("-at", "-pk")[1:])
        now = clock.now()
        rows = ((each.text or ("erased on request" if each.erased else "none"), moment(each.at, now)) for each in before)
        return format_html_join("", '<div><span dir="auto">{}</span> <span class="ak-quiet">{}</span></div>', rows) if before else "none"

    @admin.display(description="What followed")
    def what_followed(self, feedback: Feedback) -> str:
        said = str(feedback.get_outcome_display())
        return f"{said}: {feedback.settlement}" if feedback.settlement else said

    @admin.display(description="Recorded")
    def who_recorded(self, feedback: Feedback) -> SafeString:
        by = f", by {feedback.recorded_by}" if feedback.recorded_by else ""
        return format_html("{}{}", moment(feedback.recorded_at, clock.now()), by)

    @admin.display(description="Withdrawn")
    def why_withdrawn(self, feedback: Feedback) -> SafeString:
        by = feedback.withdrawn_by
        return format_html("{}, by {}: {}", moment(feedback.withdrawn_at, clock.now()), by, feedback.withdrawal)
