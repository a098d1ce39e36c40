"""Pages of a quarterly review beside its own: opening one, judging a finding, taking a decision, and the incidents behind a figure."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views import View

from audit.admin.by_verbs import OneFormView
from incidents.models import Incident
from portal.foundation import clock, words
from portal.foundation.access.checks import may, visible_to
from portal.foundation.adminkit.refusals import attempt, show_in
from reports.models import QuarterlyDecision, QuarterlyFinding, QuarterlyReview
from reports.quarterly.behind import KEYS, behind
from reports.quarterly.changes import COMPARED
from reports.quarterly.deciding import ask_again, drop_decision, take_decision
from reports.quarterly.judging import accept_finding, dismiss_finding
from reports.quarterly.opening import quarter_named
from reports.quarterly.people_only import DECIDE, PREPARE
from reports.quarterly.queries import seen_by
from reports.quarterly.runs import open_or_ask
from reports.quarterly.states import DecisionState, FindingState

from .quarterly_forms import DecideForm, JudgeForm, OpenForm

A_PAGE = 200
SEE_INCIDENTS = "incidents.view_incident"


class OpenView(OneFormView):
    """Opening one by hand."""

    right, title, button = PREPARE, "Open a quarterly review", "Open it"
    first_line = (
        "Reviews open by themselves when a quarter is over. Open one by hand to begin early, or for a quarter before the portal was used."
    )
    consequence = "Its figures are frozen with all that is known now, unless the quarter still runs."

    def form(self, request: HttpRequest, data: Any = None) -> forms.Form:
        initial = {"quarter": request.GET["quarter"]} if "quarter" in request.GET else {}
        return OpenForm(data, now=clock.now(), initial=initial)

    def run(self, request: HttpRequest, said: dict[str, Any]) -> Any:
        made, error = attempt(
            lambda: open_or_ask(
                quarter_named(said["quarter"], clock.now()), said["unit"], actor=request.user, now=clock.now(), reason=said["reason"]
            )
        )
        if error is not None:
            raise error
        return made


class _OfAReview(View):
    """A page of one row of a review, for those who hold `right`."""

    model_admin: Any = None
    right, title = "", ""
    model: type[Any]
    review: QuarterlyReview
    row: Any

    def dispatch(self, request: HttpRequest, *args: Any, object_id: int, key: int, **kwargs: Any) -> Any:
        # The right comes first, so that nobody learns which reviews there are.
        review = seen_by(request.user).filter(pk=object_id).first()
        if not may(request.user, self.right, review):
            raise PermissionDenied
        row = self.model._default_manager.select_related("review").filter(review=review, pk=key).first() if review is not None else None
        if review is None or row is None:
            raise Http404
        self.review, self.row = review, row
        return super().dispatch(request, *args, **kwargs)

    def form(self, data: Any = None) -> forms.Form:
        raise NotImplementedError

    def run(self, request: HttpRequest, said: dict[str, Any]) -> str:
        """Does what was pressed; what is said afterwards."""
        raise NotImplementedError

    def buttons(self) -> list[tuple[str, str, str]]:
        """Value, words, look."""
        raise NotImplementedError

    def first_line(self) -> str:
        return ""

    def after(self) -> str:
        """Where whoever pressed goes on."""
        return str(self.model_admin.page_of(self.review))

    def because(self) -> QuarterlyFinding | None:
        """The finding that it is about, for whoever has not read the review."""
        return None

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, self.form())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        if form.is_valid():
            said, error = attempt(lambda: self.run(request, dict(form.cleaned_data)))
            if error is None:
                messages.success(request, said)
                return redirect(self.after())
            show_in(form, error)
        return self._page(request, form)

    def _page(self, request: HttpRequest, form: forms.Form) -> HttpResponse:
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "original": self.review,
            "row": self.row,
            "title": self.title,
            "form": form,
            "media": self.model_admin.media,
            "back": self.model_admin.page_of(self.review),
            "buttons": self.buttons(),
            "first_line": self.first_line(),
            "because": self.because(),
            "possible": self.review.is_open_to_change,
        }
        return render(request, "reports/quarterly_row.html", context, status=400 if form.errors else 200)


class FindingView(_OfAReview):
    """Accept, reword or dismiss."""

    right, model, title = PREPARE, QuarterlyFinding, "Judge a finding"

    def form(self, data: Any = None) -> forms.Form:
        initial = {"headline": self.row.headline, "sentence": self.row.sentence, "reason": self.row.reason}
        # The button on the review's own page sends no words: then it is accepted as it was proposed.
        if data is not None and "headline" not in data:
            data = {**{name: data[name] for name in data}, **initial}
        return JudgeForm(data, initial=initial)

    def run(self, request: HttpRequest, said: dict[str, Any]) -> str:
        if "dismiss" in request.POST:
            dismiss_finding(self.row, actor=request.user, now=clock.now(), reason=said["reason"])
            return f"Dismissed: {self.row}."
        accept_finding(self.row, actor=request.user, now=clock.now(), **said)
        return f"Accepted: {said['headline']}."

    def after(self) -> str:
        """At the next finding that waits, so that twenty are judged without looking for each."""
        waits = list(self.review.findings.filter(state=FindingState.PROPOSED).values_list("rank", "pk"))
        later = [key for rank, key in waits if (rank, key) > (self.row.rank, self.row.pk)]
        return f"{super().after()}#finding-{(later or [key for _, key in waits] or [self.row.pk])[0]}"

    def buttons(self) -> list[tuple[str, str, str]]:
        words_ = "Accept" if self.row.state == FindingState.PROPOSED else "Accept in these words"
        accept = ("accept", words_, "primary")
        return [accept] if self.row.state == "dismissed" else [accept, ("dismiss", "Dismiss", "danger")]

    def first_line(self) -> str:
        proposed = self.row.proposed_headline
        found = words.counted(len(self.row.incidents), "incident")
        return f"Proposed as “{proposed}”, with {found} behind it." if proposed else f"Added by a person, with {found} behind it."


class DecisionView(_OfAReview):
    """Take it, drop it, or ask again."""

    right, model, title = DECIDE, QuarterlyDecision, "Decide"

    def form(self, data: Any = None) -> forms.Form:
        return DecideForm(data, initial={"reason": self.row.outcome})

    def run(self, request: HttpRequest, said: dict[str, Any]) -> str:
        verb = drop_decision if "drop" in request.POST else ask_again if "again" in request.POST else take_decision
        verb(self.row, actor=request.user, now=clock.now(), reason=said["reason"])
        return f"Saved: {self.row}"

    def buttons(self) -> list[tuple[str, str, str]]:
        state = DecisionState(self.row.state)
        if state is DecisionState.DROPPED:
            return [("again", "Put it on the agenda again", "primary")]
        take = ("take", "Decide" if state is DecisionState.TO_TAKE else "Decide anew", "primary")
        return [take] if state is DecisionState.TAKEN else [take, ("drop", "It needs no decision", "default")]

    def first_line(self) -> str:
        return str(self.row.question)

    def because(self) -> QuarterlyFinding | None:
        found: QuarterlyFinding | None = self.row.finding
        return found


class BehindView(View):
    """The incidents that a figure counts, or that a finding names, of those that the reader may see."""

    model_admin: Any = None

    def get(self, request: HttpRequest, object_id: int) -> HttpResponse:
        review: QuarterlyReview | None = seen_by(request.user).filter(pk=object_id).first()
        if review is None:
            if not self.model_admin.has_view_permission(request):
                raise PermissionDenied
            raise Http404
        title, incidents = _finding_of(review, request.GET["finding"]) if "finding" in request.GET else _figure_of(review, request.GET)
        rows = visible_to(request.user, incidents.select_related("service", "team"), SEE_INCIDENTS)
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "original": review,
            "title": "The incidents behind it",
            "media": self.model_admin.media,
            "back": self.model_admin.page_of(review),
            "rows": list(rows[:A_PAGE]),
            "total": rows.count(),
            "a_page": A_PAGE,
            "now": clock.now(),
            "of_finding": "finding" in request.GET,
            "first_line": f"{title}, {review.name}.",
        }
        return render(request, "reports/quarterly_behind.html", context)


def _figure_of(review: QuarterlyReview, given: Any) -> tuple[str, Any]:
    """What a figure is called, and the incidents that it counts."""
    key = given.get("figure", "")
    if key not in KEYS:
        raise Http404
    return dict(COMPARED)[key], behind(review, key)


def _finding_of(review: QuarterlyReview, key: str) -> tuple[str, Any]:
    """What a finding says, and the incidents that it names."""
    finding = review.findings.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
    if finding is None:
        raise Http404
    return finding.headline, Incident.objects.filter(number__in=finding.incidents).order_by("opened_at", "pk")
