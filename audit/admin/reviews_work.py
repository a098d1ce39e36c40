"""The workspace of a review: one entry in full, the list beside it, marks by key. It works as plain forms; the script only makes it quick."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views import View

from audit.models import ReviewItem, ReviewPeriod
from audit.reviews.judging import MOST_MARKS, Judgement, Outcome, judge, own_left, take
from audit.reviews.queries import READ, VIEW, may_review, progress
from audit.reviews.states import MARK_WORDS
from portal.foundation import clock, words
from portal.foundation.access.checks import may
from portal.foundation.adminkit.moments import moment
from portal.foundation.errors import InvalidInput, PortalError

from .reviews_shown import entries_shown

AT_ONCE = 25
LARGEST_BODY = 512 * 1024
LARGEST_KEY = 2**63 - 1


class ReviewView(View):
    """Finds the period, for those who may see reviews and read the trail."""

    model_admin: Any = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not (may(request.user, VIEW) and may(request.user, READ)):
            raise PermissionDenied
        found = ReviewPeriod.objects.select_related("plan__owner", "view_version__view").filter(pk=kwargs.pop("object_id")).first()
        if found is None:
            raise Http404
        self.period, self.now = found, clock.now()
        return super().dispatch(request, *args, **kwargs)

    @property
    def judges(self) -> bool:
        """Whether this reader may judge now."""
        return self.period.is_open and may_review(self.period.plan, self.request.user)

    def items(self, after: int, how_many: int = AT_ONCE) -> list[ReviewItem]:
        """The next ones to judge; where there is nothing to judge for this reader, all, by place."""
        if self.judges and "all" not in self.request.GET:
            return take(self.period, actor=self.request.user, now=self.now, how_many=how_many, after=after)
        found = ReviewItem.objects.filter(period=self.period, place__gt=after).select_related("judged_by", "finding").order_by("place")
        return list(found[:how_many])

    def after(self) -> int:
        """The place after which the address asks for entries."""
        return _number(self.request.GET.get("after", ""), -1)

    def counts(self) -> dict[str, int]:
        found = progress(self.period)
        return {"drawn": found.drawn, "left": found.left, "judged": found.judged}


class WorkView(ReviewView):
    """The page. `item` in its address names the entry that is shown in full."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, _number(request.GET.get("item", ""), 0))

    def post(self, request: HttpRequest) -> HttpResponse:
        """One mark, sent as a form. What cannot be saved comes back with its note."""
        said = Judgement(_number(request.POST.get("item", ""), 0), request.POST.get("mark", ""), request.POST.get("note", ""))
        try:
            outcome = judge(self.period, [said], actor=request.user, now=self.now)
            problem, status = outcome.refused.get(said.item, ""), 409
        except PortalError as error:
            problem, status = error.message, error.status
        if problem:
            messages.error(request, problem)
            return self._page(request, said.item, note=said.note, status=status)
        messages.success(request, f"{MARK_WORDS[said.mark].capitalize()}." if said.mark else "Taken back.")
        if "all" in request.GET:
            return redirect(request.get_full_path())
        return redirect(request.path if said.mark else f"{request.path}?item={said.item}")

    def _page(self, request: HttpRequest, key: int, *, note: str = "", status: int = 200) -> HttpResponse:
        items = self.items(self.after())
        wanted = self._wanted(items, key)
        entries = entries_shown(items if wanted is None or wanted in items else [*items, wanted], request.user, self.now)
        shown = next((entry for entry in entries if wanted is not None and entry["id"] == wanted.pk), entries[0] if entries else None)
        counts = self.counts()
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "original": self.period,
            "title": str(self.period),
            "media": self.model_admin.media,
            "period": self.period,
            "entries": [entry for entry in entries if entry["item"] in items],
            "entry": shown,
            "note": note or (shown["item"].note if shown else ""),
            "judges": self.judges,
            "all": "all" in request.GET,
            "next_after": items[-1].place if len(items) == AT_ONCE else None,
            "page": self.model_admin.page_of(self.period),
            "due": moment(self.period.due_at, self.now),
            "is_late": self.period.due_at <= self.now and not self.period.is_signed,
            "others": own_left(self.period, request.user) if self.judges else 0,
            **counts,
            "first_line": first_line(counts),
        }
        return render(request, "audit/review_work.html", context, status=status)

    def _wanted(self, items: list[ReviewItem], key: int) -> ReviewItem | None:
        if not key:
            return None
        known = next((item for item in items if item.pk == key), None)
        found = known or ReviewItem.objects.filter(period=self.period, pk=key).select_related("judged_by", "finding").first()
        if found is None:
            raise Http404
        return found


class EntriesView(ReviewView):
    """The next entries as JSON, each with its line and in full as HTML."""

    def get(self, request: HttpRequest) -> HttpResponse:
        items = self.items(self.after())
        entries = entries_shown(items, request.user, self.now)
        return JsonResponse(
            {"entries": [self._told(entry) for entry in entries], "csrf": get_token(request), **self.counts()}, headers=FRESH
        )

    def _told(self, entry: dict[str, Any]) -> dict[str, Any]:
        context = {"entry": entry, "period": self.period}
        return {
            "id": entry["id"],
            "place": entry["item"].place,
            "mark": entry["mark"],
            "note": entry["item"].note,
            "line": render_to_string("audit/review_line.html", context),
            "entry": render_to_string("audit/review_entry.html", context),
            "said": f"{entry['line'].who if entry['line'] else ''} {entry['told']}".strip(),
        }


class MarksView(ReviewView):
    """Takes a batch of marks as JSON; answers for each whether it is saved, or why not."""

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            outcome = judge(self.period, _read(request.body), actor=request.user, now=self.now)
        except PortalError as error:
            return JsonResponse({"message": error.message, "state": self.period.state}, status=error.status, headers=FRESH)
        return JsonResponse(_answer(outcome) | self.counts(), headers=FRESH)


FRESH = {"Cache-Control": "no-store"}


def first_line(counts: dict[str, int]) -> str:
    """'58 of 200 entries are left.'"""
    if not counts["drawn"]:
        return "Nothing matched in this time, so there is nothing to judge."
    if counts["left"]:
        return f"{counts['left']:,} of {words.counted(counts['drawn'], 'entry is', 'entries are')} left."
    return "The entry is judged." if counts["drawn"] == 1 else f"All {counts['drawn']:,} entries are judged."


def _answer(outcome: Outcome) -> dict[str, Any]:
    return {"saved": outcome.saved, "refused": {str(key): why for key, why in outcome.refused.items()}}


def _read(body: bytes) -> list[Judgement]:
    """The marks in a body. Raises InvalidInput for anything else."""
    wrong = InvalidInput("The marks cannot be read. Load the page again.")
    try:
        told = json.loads(body) if len(body) <= LARGEST_BODY else None
        rows = told["marks"] if isinstance(told, dict) else None
    except (ValueError, KeyError, RecursionError):
        raise wrong from None
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_MARKS:
        raise wrong
    found = []
    for row in rows:
        if not isinstance(row, dict):
            raise wrong
        item, mark, note = row.get("item"), row.get("mark"), row.get("note", "")
        if type(item) is not int or not 0 <= item <= LARGEST_KEY or not isinstance(mark, str) or not isinstance(note, str):
            raise wrong
        found.append(Judgement(item, mark, note))
    return found


def _number(text: str, otherwise: int) -> int:
    """A key or place out of an address; what is none is left out."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else otherwise
