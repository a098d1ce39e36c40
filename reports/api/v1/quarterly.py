"""The doors of quarterly reviews: reading them, and their whole life by the services of their pages."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from incidents.feedback.queries import feedback_for
from portal.foundation import clock
from portal.foundation.access.checks import require
from portal.foundation.apikit import repeats
from portal.foundation.apikit.described import FOUND, LISTED, PROBLEMS, REPEATABLE
from portal.foundation.apikit.forms import read
from reports.models import QuarterlyDecision, QuarterlyFinding, QuarterlyReview, ReviewRun
from reports.quarterly import actions, deciding, judging, opening, runs, signing
from reports.quarterly.people_only import PREPARE, VIEW
from reports.quarterly.queries import seen_by

from . import quarterly_answers as forms
from .quarterly_actions import QuarterlyActions

Does = TypeVar("Does", bound=Callable[..., Response])
_WHICH = {name: OpenApiParameter(name, int, OpenApiParameter.PATH) for name in ("finding", "decision")}


def said(
    form: Any, answer: Any = forms.QuarterlyReviewDetailOutput, *, status: int = 200, about: str = "", repeat: bool = True
) -> Callable[[Does], Does]:
    """How a verb is described."""
    parameters = [*([_WHICH[about]] if about else []), *([REPEATABLE] if repeat else [])]
    later = {} if repeat or status != 201 else {202: forms.QuarterlyRunOutput}
    described: Callable[[Does], Does] = extend_schema(request=form, parameters=parameters, responses={status: answer, **later, **PROBLEMS})
    return described


class QuarterlyReviews(viewsets.GenericViewSet):
    """Quarterly reviews."""

    lookup_value_regex = r"[0-9]{1,15}"
    queryset = QuarterlyReview.objects.none()
    serializer_class = forms.QuarterlyReviewOutput
    filter_backends: tuple[Any, ...] = ()

    def get_queryset(self) -> Any:
        return seen_by(self.request.user).order_by("-quarter", "unit_name", "-number")

    @extend_schema(
        parameters=[OpenApiParameter("state", str, enum=forms.STATES)], responses={200: forms.QuarterlyReviewOutput(many=True), **LISTED}
    )
    def list(self, request: Request) -> Response:
        """The newest quarter first; everybody finds those that they may see."""
        unknown = sorted(request.query_params.keys() - {"state", "page", "page_size"})
        if unknown:
            raise ValidationError({each[:60]: ["Unknown filter. Known: state."] for each in unknown[:20]})
        state = request.query_params.get("state", "")
        if state and state not in forms.STATES:
            raise ValidationError({"state": [f"Choose one of {', '.join(forms.STATES)}."]})
        found = self.get_queryset().filter(state=state) if state else self.get_queryset()
        return self.get_paginated_response(forms.QuarterlyReviewOutput(self.paginate_queryset(found), many=True).data)

    @said(forms.OpenQuarterlyInput, status=201, repeat=False)
    def create(self, request: Request) -> Response:
        """Opens the review of a quarter by hand; 202 where a worker does that, as many incidents are read. 409 when it is open, so a repeat is harmless."""
        # Past the one transaction of a repeatable verb: a large quarter is read for a minute, and others write meanwhile.
        require(request.user, PREPARE, to="open a quarterly review")
        data = read(forms.OpenQuarterlyInput, request.data)
        quarter, unit = opening.quarter_named(data["quarter"], clock.now()), forms.unit_called(data["unit"])
        return self._made(runs.open_or_ask(quarter, unit, actor=request.user, now=clock.now(), reason=data["reason"]))

    @extend_schema(responses={200: forms.QuarterlyReviewDetailOutput, **FOUND})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One review in full."""
        return self._told(pk)

    @said(forms.WriteQuarterlyInput)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Writes the summary and the agenda of a review that is being prepared."""

        def write(review: QuarterlyReview, data: dict[str, Any]) -> None:
            agenda = "\n".join(data["agenda"]) if "agenda" in data else review.agenda
            given = {"summary": data.get("summary", review.summary), "agenda": agenda, "reason": data["reason"]}
            signing.write_summary(review, **given, actor=request.user, now=clock.now())

        return self._verb(request, pk, forms.WriteQuarterlyInput, write)

    @said(forms.AddFindingInput, forms.QuarterlyFindingOutput, status=201)
    @action(detail=True, methods=["post"], url_path="findings", url_name="findings")
    def add_finding(self, request: Request, pk: str) -> Response:
        """A finding of the caller's own, with incidents that they may see as evidence."""

        def add(review: QuarterlyReview, data: dict[str, Any]) -> Response:
            made = judging.add_finding(review, **data, actor=request.user, now=clock.now())
            return Response(forms.QuarterlyFindingOutput(made).data, status=201)

        return self._verb(request, pk, forms.AddFindingInput, add)

    @said(forms.AcceptFindingInput, about="finding")
    @action(detail=True, methods=["post"], url_path=r"findings/(?P<finding>[0-9]{1,15})/accept", url_name="finding-accept")
    def accept(self, request: Request, pk: str, finding: str) -> Response:
        """Takes a finding into the review, in its own or in other words."""
        return self._of_finding(request, pk, finding, forms.AcceptFindingInput, judging.accept_finding)

    @said(forms.QuarterlyWordsInput, about="finding")
    @action(detail=True, methods=["post"], url_path=r"findings/(?P<finding>[0-9]{1,15})/dismiss", url_name="finding-dismiss")
    def dismiss(self, request: Request, pk: str, finding: str) -> Response:
        """Leaves a finding out, with the reason; it stays on record."""
        return self._of_finding(request, pk, finding, forms.QuarterlyWordsInput, judging.dismiss_finding)

    @said(forms.AskDecisionInput, forms.QuarterlyDecisionOutput, status=201)
    @action(detail=True, methods=["post"], url_path="decisions", url_name="decisions")
    def ask(self, request: Request, pk: str) -> Response:
        """Puts a question on the agenda."""

        def ask(review: QuarterlyReview, data: dict[str, Any]) -> Response:
            given = {**data, "finding": forms.one_of(review.findings, data["finding"], "finding")}
            made = deciding.ask_decision(review, **given, actor=request.user, now=clock.now())
            return Response(forms.QuarterlyDecisionOutput(made).data, status=201)

        return self._verb(request, pk, forms.AskDecisionInput, ask)

    @said(forms.QuarterlyWordsInput, about="decision")
    @action(detail=True, methods=["post"], url_path=r"decisions/(?P<decision>[0-9]{1,15})/take", url_name="decision-take")
    def take(self, request: Request, pk: str, decision: str) -> Response:
        """Decides, or decides anew. No token does that: deciding is for people."""
        return self._of_decision(request, pk, decision, forms.QuarterlyWordsInput, deciding.take_decision)

    @said(forms.QuarterlyWordsInput, about="decision")
    @action(detail=True, methods=["post"], url_path=r"decisions/(?P<decision>[0-9]{1,15})/drop", url_name="decision-drop")
    def drop(self, request: Request, pk: str, decision: str) -> Response:
        """Says why it needs no decision. No token does that."""
        return self._of_decision(request, pk, decision, forms.QuarterlyWordsInput, deciding.drop_decision)

    @said(forms.AskAgainInput, about="decision")
    @action(detail=True, methods=["post"], url_path=r"decisions/(?P<decision>[0-9]{1,15})/ask-again", url_name="decision-ask-again")
    def ask_again(self, request: Request, pk: str, decision: str) -> Response:
        """Puts a dropped question on the agenda again."""
        return self._of_decision(request, pk, decision, forms.AskAgainInput, deciding.ask_again)

    @said(forms.AgreeActionInput, forms.QuarterlyActionOutput, status=201)
    @action(detail=True, methods=["post"], url_path="actions", url_name="actions")
    def agree(self, request: Request, pk: str) -> Response:
        """Gives somebody something to do until a day; they are told."""

        def agree(review: QuarterlyReview, data: dict[str, Any]) -> Response:
            given = {
                **data,
                "owner": forms.person_called(data["owner"]),
                "finding": forms.one_of(review.findings, data["finding"], "finding"),
                "decision": forms.one_of(review.decisions.exclude(state="dropped"), data["decision"], "decision"),
                "feedback": forms.one_of(feedback_for(request.user), data["feedback"], "feedback"),
            }
            made = actions.agree_action(review, **given, actor=request.user, now=clock.now())
            answer = Response(forms.QuarterlyActionOutput(made).data, status=201)
            answer["Location"] = answer.data["url"]
            return answer

        return self._verb(request, pk, forms.AgreeActionInput, agree)

    @said(forms.QuarterlyWordsInput)
    @action(detail=True, methods=["post"])
    def submit(self, request: Request, pk: str) -> Response:
        """Puts it up for signature; 409 says what stands in the way. No token does that."""
        return self._words(request, pk, signing.submit_review)

    @said(forms.QuarterlyWordsInput)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: str) -> Response:
        """Gives the next signature, in order. No token does that: it asks the person again."""
        return self._words(request, pk, signing.sign_review)

    @said(forms.QuarterlyWordsInput)
    @action(detail=True, methods=["post"], url_path="send-back")
    def send_back(self, request: Request, pk: str) -> Response:
        """Lets it be prepared again; signatures that were given count no more. No token does that."""
        return self._words(request, pk, signing.send_back)

    @said(forms.QuarterlyWordsInput, status=201, repeat=False)
    @action(detail=True, methods=["post"])
    def restate(self, request: Request, pk: str) -> Response:
        """Opens the next number of a signed review; 202 where a worker does that. 409 when it is restated already. No token does that."""
        review, data = self._review(pk), read(forms.QuarterlyWordsInput, request.data)
        return self._made(runs.restate_or_ask(review, actor=request.user, now=clock.now(), reason=data["reason"]))

    @said(None, forms.QuarterlyCheckOutput, repeat=False)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str) -> Response:
        """Whether what was put up for signature is still the same; that somebody asked is an event."""
        review = self._review(pk)
        # It reads the whole ledger's events of the review, which somebody who audits one unit does not.
        require(request.user, VIEW, to="check a quarterly review")
        wrong = signing.tell_check(review, actor=request.user, now=clock.now())
        return Response(forms.QuarterlyCheckOutput({"is_the_same": not wrong, "wrong": wrong}).data)

    def _words(self, request: Request, pk: str, service: Callable[..., Any]) -> Response:
        def do(review: QuarterlyReview, data: dict[str, Any]) -> None:
            service(review, actor=request.user, now=clock.now(), reason=data["reason"])

        return self._verb(request, pk, forms.QuarterlyWordsInput, do)

    def _of_finding(self, request: Request, pk: str, key: str, form: Any, service: Callable[..., Any]) -> Response:
        return self._of_row(request, pk, QuarterlyFinding, key, form, service)

    def _of_decision(self, request: Request, pk: str, key: str, form: Any, service: Callable[..., Any]) -> Response:
        return self._of_row(request, pk, QuarterlyDecision, key, form, service)

    def _of_row(self, request: Request, pk: str, model: Any, key: str, form: Any, service: Callable[..., Any]) -> Response:
        def do(review: QuarterlyReview, data: dict[str, Any]) -> None:
            row = get_object_or_404(model.objects.select_related("review__unit"), review=review, pk=int(key))
            service(row, actor=request.user, now=clock.now(), **data)

        return self._verb(request, pk, form, do)

    def _verb(self, request: Request, pk: str, form: Any, do: Callable[[QuarterlyReview, dict[str, Any]], Response | None]) -> Response:
        """Whatever `do` answers, or else the review as it is then."""
        review, data = self._review(pk), read(form, request.data)
        return repeats.once(request, clock.now(), lambda: do(review, data) or self._told(pk))

    def _review(self, pk: str) -> QuarterlyReview:
        found: QuarterlyReview = get_object_or_404(self.get_queryset().select_related("unit"), pk=int(pk))
        return found

    def _told(self, pk: str) -> Response:
        return Response(forms.QuarterlyReviewDetailOutput(self._review(pk)).data)

    def _made(self, made: QuarterlyReview | ReviewRun) -> Response:
        """The review; of many incidents, what a worker is asked for."""
        is_run = isinstance(made, ReviewRun)
        form = forms.QuarterlyRunOutput if is_run else forms.QuarterlyReviewDetailOutput
        answer = Response(form(made).data, status=202 if is_run else 201)
        answer["Location"] = answer.data["url"]
        return answer


class QuarterlyRuns(viewsets.GenericViewSet):
    """Reviews of many incidents, which a worker opens."""

    lookup_value_regex = r"[0-9]{1,15}"
    queryset = ReviewRun.objects.none()
    serializer_class = forms.QuarterlyRunOutput
    filter_backends: tuple[Any, ...] = ()

    @extend_schema(responses={200: forms.QuarterlyRunOutput, **FOUND})
    def retrieve(self, request: Request, pk: str) -> Response:
        """How far it is, then its review."""
        require(request.user, PREPARE, to="see how a quarterly review is opened")
        return Response(forms.QuarterlyRunOutput(get_object_or_404(ReviewRun.objects.select_related("unit"), pk=int(pk))).data)


router = SimpleRouter()
router.register("runs", QuarterlyRuns, basename="quarterly-run")
router.register("actions", QuarterlyActions, basename="quarterly-action")
router.register("", QuarterlyReviews, basename="quarterly-review")
urlpatterns = router.urls
