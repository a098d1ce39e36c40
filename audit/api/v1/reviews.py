"""The doors of log reviews: reviews, entries to judge, marks, findings and the signature, by the services of their pages."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from audit.models import ReviewFinding, ReviewItem, ReviewPeriod, ReviewSignOff
from audit.reviews import closing, findings
from audit.reviews.entries import entries_of
from audit.reviews.frozen import file_of, name_of
from audit.reviews.judging import judge, require_reviewer, take
from audit.reviews.queries import READ, VIEW, may_review, progress
from audit.reviews.states import Mark, PeriodState
from portal.foundation import clock
from portal.foundation.access.checks import may, require
from portal.foundation.apikit import repeats
from portal.foundation.apikit.described import ASKED, FOUND, LISTED, PROBLEMS, REPEATABLE
from portal.foundation.apikit.forms import read

from . import review_answers as forms
from .review_plans import KEY, Plans, Views
from .views import admit

JSONL = "application/jsonl"
SEE_FINDINGS = "audit.view_reviewfinding"


def chosen(request: Request, name: str, known: list[str], *, beside: tuple[str, ...] = ()) -> str:
    """What a list is narrowed to by `name`; empty for all. Raises ValidationError for anything else that the address asks for."""
    unknown = sorted(request.query_params.keys() - {name, "page", "page_size", *beside})
    if unknown:
        raise ValidationError({each[:60]: [f"Unknown filter. Known: {name}."] for each in unknown[:20]})
    given = str(request.query_params.get(name, ""))
    if given and given not in known:
        raise ValidationError({name: [f"Choose one of {', '.join(known)}."]})
    return given


class Reviews(viewsets.GenericViewSet):
    """Reviews of the trail."""

    lookup_value_regex = KEY
    queryset = ReviewPeriod.objects.none()
    serializer_class = forms.ReviewOutput
    filter_backends: tuple[Any, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        admit(request, VIEW, to="see reviews of the trail")
        admit(request, READ, to="read the trail")

    def get_queryset(self) -> Any:
        seen = ReviewPeriod.objects.exclude(state=PeriodState.DRAWING)
        return seen.select_related("plan__owner", "view_version__view").order_by("-since", "-pk")

    @extend_schema(parameters=[OpenApiParameter("state", str, enum=forms.STATES)], responses={200: forms.ReviewOutput(many=True), **LISTED})
    def list(self, request: Request) -> Response:
        """The newest first, fifty a page."""
        state = chosen(request, "state", forms.STATES)
        found = self.get_queryset().filter(state=state) if state else self.get_queryset()
        return self.get_paginated_response(forms.ReviewOutput(self.paginate_queryset(found), many=True).data)

    @extend_schema(responses={200: forms.ReviewDetailOutput, **FOUND})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One review with how far it is and, when it is signed, its signature."""
        return self._told(request, self._period(pk))

    @extend_schema(
        parameters=[OpenApiParameter("mark", str, enum=forms.MARKS)], responses={200: forms.ReviewEntryOutput(many=True), **ASKED}
    )
    @action(detail=True, methods=["get"])
    def entries(self, request: Request, pk: str) -> Response:
        """Its entries in the order of the ledger, with what was said of them."""
        mark = chosen(request, "mark", forms.MARKS)
        found = ReviewItem.objects.filter(period=self._period(pk)).select_related("judged_by").order_by("place")
        if mark:
            found = found.filter(mark=Mark.NONE if mark == forms.NOT_JUDGED else mark)
        shown = entries_of(self.paginate_queryset(found) or [], request.user)
        return self.get_paginated_response(forms.ReviewEntryOutput(shown, many=True).data)

    @extend_schema(request=forms.TakeInput, responses={200: forms.TakenOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str) -> Response:
        """The next entries for the caller to judge; others are offered different ones for twenty minutes."""
        period, how_many = self._period(pk), read(forms.TakeInput, request.data)["how_many"]
        items = take(period, actor=request.user, now=clock.now(), how_many=how_many)
        return Response(
            forms.TakenOutput({"entries": entries_of(items, request.user), "marks": _counts(period)}).data,
        )

    @extend_schema(request=forms.MarksInput, responses={200: forms.JudgedOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def marks(self, request: Request, pk: str) -> Response:
        """Saves what of a batch can be saved, and says for the rest why not. The same batch again changes nothing."""
        period = self._period(pk)
        require_reviewer(period, request.user)
        outcome = judge(period, forms.MarksInput.judgements(read(forms.MarksInput, request.data)), actor=request.user, now=clock.now())
        refused = [{"entry": key, "why": why} for key, why in outcome.refused.items()]
        return Response(forms.JudgedOutput({"saved": outcome.saved, "refused": refused, "marks": _counts(period)}).data)

    @extend_schema(request=forms.FindingInput, parameters=[REPEATABLE], responses={201: forms.ReviewFindingOutput, **PROBLEMS})
    @action(detail=True, methods=["post"], url_path="findings", url_name="findings")
    def make_finding(self, request: Request, pk: str) -> Response:
        """Makes a finding of entries that were marked for follow-up; its owner is told."""
        require(request.user, findings.ADD, to="make a finding")
        now, data = clock.now(), read(forms.FindingInput, request.data)

        def do() -> Response:
            wanted = {name: data[name] for name in ("title", "due_on", "evidence")} | {"items": data["entries"]}
            owner = forms.person_called(data["owner"])
            made = findings.make_finding(self._period(pk), **wanted, owner=owner, actor=request.user, now=now)
            answer = Response(forms.ReviewFindingOutput(made).data, status=201)
            answer["Location"] = answer.data["url"]
            return answer

        return repeats.once(request, now, do)

    @extend_schema(request=forms.ReviewWordsInput, parameters=[REPEATABLE], responses={200: forms.ReviewDetailOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Ends the judging; 409 while an entry is not judged, or needs follow-up and stands in no finding."""
        return self._verb(request, pk, closing.close_period)

    @extend_schema(request=forms.ReviewWordsInput, parameters=[REPEATABLE], responses={200: forms.ReviewDetailOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Lets entries of a closed review be judged anew."""
        return self._verb(request, pk, closing.reopen_period)

    @extend_schema(request=forms.ReviewWordsInput, parameters=[REPEATABLE], responses={200: forms.ReviewDetailOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: str) -> Response:
        """Freezes a closed review for good under the caller's name. No token does that: it asks the person again."""
        return self._verb(request, pk, closing.sign_period)

    @extend_schema(request=None, responses={200: forms.ReviewCheckOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str) -> Response:
        """Whether what was signed is still the same; that somebody asked is an event. 409 before it is signed."""
        found = closing.tell_check(self._period(pk), actor=request.user, now=clock.now())
        return Response(forms.ReviewCheckOutput(found).data)

    @extend_schema(responses={**forms.FILE, **PROBLEMS})
    @action(detail=True, methods=["get"], renderer_classes=[JSONRenderer], content_negotiation_class=DefaultContentNegotiation)
    def manifest(self, request: Request, pk: str) -> StreamingHttpResponse:
        """The signed manifest and a line for each entry, one file. No token gets it: it asks the person again."""
        signature = ReviewSignOff.objects.select_related("period__plan").filter(period=self._period(pk)).first()
        if signature is None:
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="{name_of(signature)}"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(file_of(signature), content_type=JSONL, headers=headers)

    def _verb(self, request: Request, pk: str, service: Callable[..., Any]) -> Response:
        now, data = clock.now(), read(forms.ReviewWordsInput, request.data)

        def do() -> Response:
            service(self._period(pk), actor=request.user, now=now, reason=data["reason"])
            return self._told(request, self._period(pk))

        return repeats.once(request, now, do)

    def _period(self, pk: str) -> ReviewPeriod:
        found: ReviewPeriod = get_object_or_404(self.get_queryset(), pk=int(pk))
        return found

    def _told(self, request: Request, period: ReviewPeriod) -> Response:
        period.marks = _counts(period)  # type: ignore[attr-defined]
        period.may_judge = period.is_open and may_review(period.plan, request.user)  # type: ignore[attr-defined]
        blocked = closing.why_not_closed(period) if period.is_open else ""
        period.blocked = closing.why_not_signed(period, request.user) if period.state == PeriodState.CLOSED else blocked  # type: ignore[attr-defined]
        period.signature = getattr(period, "sign_off", None)  # type: ignore[attr-defined]
        return Response(forms.ReviewDetailOutput(period).data)


class Findings(viewsets.GenericViewSet):
    """Findings of reviews: all of them for whoever sees reviews, for others their own."""

    lookup_value_regex = KEY
    queryset = ReviewFinding.objects.none()
    serializer_class = forms.ReviewFindingOutput
    filter_backends: tuple[Any, ...] = ()

    def get_queryset(self) -> Any:
        found = ReviewFinding.objects.select_related("owner", "period__plan").order_by("state", "due_on", "pk")
        return found if may(self.request.user, SEE_FINDINGS) else found.filter(owner=self.request.user.pk)

    @extend_schema(
        parameters=[OpenApiParameter("state", str, enum=forms.FINDING_STATES)],
        responses={200: forms.ReviewFindingOutput(many=True), **LISTED},
    )
    def list(self, request: Request) -> Response:
        """Open ones first, the one due first at the top."""
        state = chosen(request, "state", forms.FINDING_STATES)
        found = self.get_queryset().filter(state=state) if state else self.get_queryset()
        return self.get_paginated_response(forms.ReviewFindingOutput(self.paginate_queryset(found), many=True).data)

    @extend_schema(responses={200: forms.ReviewFindingOutput, **FOUND})
    def retrieve(self, request: Request, pk: str) -> Response:
        """One finding."""
        return self._told(self._finding(pk))

    @extend_schema(request=forms.FindingChange, parameters=[REPEATABLE], responses={200: forms.ReviewFindingOutput, **PROBLEMS})
    def partial_update(self, request: Request, pk: str) -> Response:
        """Another owner, another day or other evidence of an open finding."""
        now, data = clock.now(), read(forms.FindingChange, request.data)
        finding = self._finding(pk)
        require(request.user, findings.CHANGE, to="change a finding")

        def do() -> Response:
            wanted = forms.FindingChange.changed(data, finding)
            return self._told(findings.change_finding(finding, **wanted, actor=request.user, now=now, reason=data["reason"]))

        return repeats.once(request, now, do)

    @extend_schema(request=forms.SettleInput, parameters=[REPEATABLE], responses={200: forms.ReviewFindingOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        """What was done about it. Its owner may say so, too."""
        return self._verb(request, pk, findings.resolve_finding, forms.SettleInput)

    @extend_schema(request=forms.ReviewWordsInput, parameters=[REPEATABLE], responses={200: forms.ReviewFindingOutput, **PROBLEMS})
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """It was none. While its review is open its entries can be judged anew."""
        return self._verb(request, pk, findings.withdraw_finding, forms.ReviewWordsInput)

    def _verb(self, request: Request, pk: str, service: Callable[..., Any], form: Any) -> Response:
        now, data = clock.now(), read(form, request.data)

        def do() -> Response:
            return self._told(service(self._finding(pk), actor=request.user, now=now, **data))

        return repeats.once(request, now, do)

    def _finding(self, pk: str) -> ReviewFinding:
        found: ReviewFinding = get_object_or_404(self.get_queryset(), pk=int(pk))
        return found

    def _told(self, finding: ReviewFinding) -> Response:
        return Response(forms.ReviewFindingOutput(finding).data)


def _counts(period: ReviewPeriod) -> dict[str, int]:
    found = progress(period).marks
    return {mark.value or forms.NOT_JUDGED: found.get(mark.value, 0) for mark in Mark}


router = SimpleRouter()
router.register("plans", Plans, basename="log-review-plan")
router.register("views", Views, basename="log-review-view")
router.register("findings", Findings, basename="log-review-finding")
router.register("", Reviews, basename="log-review")
urlpatterns = router.urls
