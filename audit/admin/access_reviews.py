"""Access reviews: answering them person by person, following them, signing them, and how often they open."""

from datetime import datetime
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldBooleanWidget

from audit.models import AccessCampaign, AccessItem, AccessRhythm
from audit.recertification.deciding import answer_items, keep_all, to_answer
from audit.recertification.models import Kind
from audit.recertification.opening import RUN, open_now
from audit.recertification.signing import SIGN, is_as_signed, left_open, set_rhythm, sign_off
from audit.recertification.words import WHY, item_in_words
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment
from portal.foundation.adminkit.verbs import Verb
from portal.foundation.errors import PortalError

from .by_verbs import OneFormView
from .duties import badge
from .retention import OnlyByVerbs

# A page of more is looked at by nobody; whoever is answered for makes place for the next.
PEOPLE_A_PAGE = 20
SHOWN = 200
Answer = AccessItem.Answer


class OpenForm(forms.Form):
    """What is asked about."""

    kind = forms.ChoiceField(label="Ask about", choices=Kind.choices, widget=UnfoldAdminSelectWidget())
    reason = forms.CharField(
        label="In your words",
        max_length=2_000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Why now, beside the rhythm? The words stay in the audit trail.",
    )


class RhythmForm(forms.Form):
    """How often, how long, and what then."""

    takes_thing = True
    months = forms.TypedChoiceField(
        label="Opens by itself",
        coerce=int,
        choices=[(1, "every month"), (3, "every quarter"), (6, "every half-year"), (12, "every year"), (0, "not by the calendar")],
        widget=UnfoldAdminSelectWidget(),
        help_text="That of leavers is looked at every day, whatever stands here.",
    )
    days_to_answer = forms.IntegerField(label="Days to answer", min_value=1, max_value=90, widget=UnfoldAdminIntegerFieldWidget())
    revoke_unanswered = forms.BooleanField(
        label="Take away what nobody answered by then",
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text="Otherwise it only alarms.",
    )

    def __init__(self, *args: Any, thing: Any, **kwargs: Any) -> None:
        initial = {name: getattr(thing, name) for name in ("months", "days_to_answer", "revoke_unanswered")}
        super().__init__(*args, **{**kwargs, "initial": initial})


class OpenView(OneFormView):
    """Opening one beside the rhythm."""

    right, title, button = RUN, "Open an access review", "Open it"
    first_line = (
        "Everybody who answers for somebody is asked, item by item, whether it is still needed. It opens by itself on its rhythm, too."
    )

    def form(self, request: HttpRequest, data: Any = None) -> forms.Form:
        return OpenForm(data)

    def run(self, request: HttpRequest, said: dict[str, Any]) -> Any:
        return open_now(said["kind"], actor=request.user, now=clock.now(), reason=said["reason"])


@admin.register(AccessCampaign)
class AccessCampaignAdmin(OnlyByVerbs):
    list_display = ("what", "opened", "due", "progress", "state_shown")
    list_filter = ("kind", ("signed_at", admin.EmptyFieldListFilter))
    list_select_related = ("signed_by",)
    list_before_template = "audit/access_top.html"
    page_template = "audit/access_review.html"
    fields = ("opened", "due", "signed", "signed_by", "signed_with", "hash_shown")
    readonly_fields = fields
    add_words = "Open an access review"
    empty_list = (
        "No access was reviewed yet. Every quarter the portal asks by itself, of each role and right that anybody holds, whether it is still "
        "needed; the first opens within a day."
    )
    verbs = (
        Verb(
            key="sign",
            label="Sign it",
            run=sign_off,
            permission=SIGN,
            possible=lambda campaign: campaign.signed_at is None and not left_open(campaign),
            look="primary",
            consequence="Everything that was asked and answered is frozen under one hash. It needs an answer to every item.",
            ask="What did you look at, and what follows? The words stay in the audit trail.",
            done="Signed.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        settled = Q(items__answer__in=[Answer.KEEP, Answer.REMOVE]) | Q(items__lapsed=True)
        found: QuerySet[Any] = super().get_queryset(request)
        counted: QuerySet[Any] = found.defer("snapshot").annotate(asked=Count("items"), settled=Count("items", filter=settled))
        return counted

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Nothing of a signature before there is one."""
        return self.fields if obj is None or obj.signed_at else self.fields[:2]

    def get_urls(self) -> list[URLPattern]:
        answer = self.admin_site.admin_view(self.answer_view)
        return [path("<int:key>/answer/", answer, name="audit_accesscampaign_answer"), *super().get_urls()]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request.user, RUN)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return OpenView.as_view(model_admin=self)(request)  # type: ignore[return-value]

    def links(self, request: HttpRequest, campaign: Any) -> list[tuple[str, str, str]]:
        if campaign.signed_at or not to_answer(request.user).filter(campaign=campaign).exists():
            return []
        return [("Answer what waits for you", reverse("admin:audit_accesscampaign_answer", args=[campaign.pk]), "primary")]

    def answer_view(self, request: HttpRequest, key: int) -> HttpResponse:
        """What waits for the reader in one review, person by person. GET shows it, POST takes the answers for one person."""
        campaign = AccessCampaign.objects.defer("snapshot").filter(pk=key).first()
        if campaign is None:
            raise Http404
        waiting = to_answer(request.user).filter(campaign=campaign)
        error = ""
        typed: Any = {}
        if request.method == "POST":
            error = self._take_answers(request, campaign, waiting)
            if not error:
                return redirect(request.path)
            typed = request.POST
        elif not waiting.exists() and not may(request.user, "audit.view_accesscampaign"):
            if campaign.items.filter(reviewer=request.user.pk).exists():
                return redirect("admin:index")
            raise PermissionDenied
        people = [self._person(person, list(items), typed) for person, items in groupby(waiting, lambda item: item.person)]
        late = campaign.late(clock.now())
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Access to confirm: {campaign}",
            "media": self.media,
            "campaign": campaign,
            "people": people[:PEOPLE_A_PAGE],
            "more": len(people) - PEOPLE_A_PAGE,
            "total": len(people),
            "due": moment(campaign.due_at, clock.now()),
            "late": late,
            "error": error,
            "answers": Answer.choices,
        }
        return render(request, "audit/access_answer.html", context, status=400 if error else 200)

    def _person(self, person: Any, items: list[AccessItem], typed: Any) -> dict[str, Any]:
        rows = [
            {
                "item": item,
                "words": item_in_words(item),
                "why": WHY.get(item.why_asked, ""),
                "answer": typed.get(f"answer-{item.pk}", item.answer),
                "note": typed.get(f"note-{item.pk}", item.note),
            }
            for item in items
        ]
        return {"person": person, "rows": rows}

    def _take_answers(self, request: HttpRequest, campaign: AccessCampaign, waiting: QuerySet[AccessItem]) -> str:
        """Empty when they were taken, else what is wrong, in words."""
        person = next((item.person for item in waiting if str(item.person_id) == request.POST.get("person")), None)
        if person is None:
            return "Nothing of this person waits for you any more."
        try:
            if "keep_all" in request.POST:
                number = keep_all(campaign, person, sure="sure" in request.POST, actor=request.user, now=clock.now())
                messages.success(request, f"Kept everything of {person}: {words.counted(number, 'item')}.")
                return ""
            given = {item.pk: str(request.POST.get(f"answer-{item.pk}", "")) for item in waiting if item.person_id == person.pk}
            answers = {key: (answer, str(request.POST.get(f"note-{key}", ""))[:2_000]) for key, answer in given.items() if answer}
            if not answers:
                return "Choose an answer for at least one item."
            answer_items(campaign, answers, actor=request.user, now=clock.now())
            messages.success(request, f"Saved for {person}: {words.counted(len(answers), 'answer')}.")
        except PortalError as error:
            return error.message
        return ""

    @admin.display(description="Review", ordering="period")
    def what(self, campaign: Any) -> str:
        return str(campaign)

    @admin.display(description="Opened", ordering="opened_at")
    def opened(self, campaign: Any) -> str:
        return moment(campaign.opened_at, clock.now())

    @admin.display(description="Due", ordering="due_at")
    def due(self, campaign: Any) -> str:
        return moment(campaign.due_at, clock.now())

    @admin.display(description="Signed", ordering="signed_at")
    def signed(self, campaign: Any) -> str:
        return moment(campaign.signed_at, clock.now())

    @admin.display(description="Signed with the words")
    def signed_with(self, campaign: Any) -> str:
        return str(campaign.sign_reason)

    @admin.display(description="SHA-256 of everything that was asked and answered")
    def hash_shown(self, campaign: Any) -> str:
        return str(campaign.sha256)

    @admin.display(description="Answered")
    def progress(self, campaign: Any) -> str:
        return f"{campaign.settled:,} of {campaign.asked:,}"

    @admin.display(description="Is", ordering="signed_at")
    def state_shown(self, campaign: Any) -> SafeString:
        if campaign.signed_at:
            return badge("done", "signed")
        return badge("late", "overdue") if campaign.late(clock.now()) else badge("open", "open")

    def first_line(self, campaign: Any, now: datetime) -> str:
        if campaign.signed_at:
            same = (
                "What stands here is what was signed."
                if is_as_signed(campaign)
                else "What stands here is not what was signed: the hash is another."
            )
            return format_html("Signed by {}, {}. {}", campaign.signed_by, moment(campaign.signed_at, now), same)
        left = campaign.asked - campaign.settled
        then = "what nobody answers by then is taken away" if campaign.revoke_unanswered else "then it alarms"
        due = format_html("{} {}", "overdue since" if campaign.late(now) else "due", moment(campaign.due_at, now))
        return format_html("{} of {} items left; {}, {}.", left, campaign.asked, due, then)

    def page_context(self, request: HttpRequest, campaign: Any, now: datetime) -> dict[str, Any]:
        items = list(campaign.items.select_related("person", "reviewer", "answered_by")[: SHOWN + 1])
        return {
            "rows": [(item, item_in_words(item), WHY.get(item.why_asked, "")) for item in items[:SHOWN]],
            "more": campaign.asked - SHOWN,
            "gone": [f"{name}{f' on {place}' if place else ''}" for _, _, name, place in campaign.gone[:50]],
        }


@admin.register(AccessRhythm)
class AccessRhythmAdmin(OnlyByVerbs):
    list_display = ("what", "how_often", "days_to_answer", "then")
    fields = ("what", "how_often", "days_to_answer", "then")
    readonly_fields = fields
    empty_list = "The rhythms are made by 'manage.py migrate'."
    verbs = (
        Verb(
            key="set",
            label="Change the rhythm",
            run=set_rhythm,
            permission=RUN,
            look="primary",
            form=RhythmForm,
            consequence="What is open stays as it was opened.",
            done="Changed.",
        ),
    )

    @admin.display(description="Asks about", ordering="kind")
    def what(self, rhythm: Any) -> str:
        return str(rhythm)

    @admin.display(description="Opens by itself", ordering="months")
    def how_often(self, rhythm: Any) -> str:
        if rhythm.kind == Kind.LEAVERS:
            return "every day that somebody left or moved"
        return {0: "never", 1: "every month", 3: "every quarter", 6: "every half-year", 12: "every year"}[rhythm.months]

    @admin.display(description="What nobody answers")
    def then(self, rhythm: Any) -> str:
        return "is taken away" if rhythm.revoke_unanswered else "alarms"

    def first_line(self, rhythm: Any, now: datetime) -> str:
        return f"Opens {self.how_often(rhythm)}; {words.counted(rhythm.days_to_answer, 'day')} to answer, and what nobody answers {self.then(rhythm)}."
