"""The page of conformance: a quarter's deviations, by class, rationale and service, each with the way to its incident's timeline."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from portal.foundation import clock
from portal.foundation.access.checks import may
from portal.foundation.words import counted
from reports.conformance.values import Deviation, Kind
from reports.metrics.population import Population
from reports.metrics.queries import quarters_with_incidents
from reports.packs.quarters import NotAQuarter, Progress, Quarter

PAGE, RIGHT = "admin:reports_conformance_changelist", "reports.view_quarterlypack"
A_PAGE = 50
RATIONALES = {"with": "With a recorded rationale", "without": "Without one"}


class ConformanceView(View):
    """GET, with the filters in the query string; what is asked for and does not exist is left out."""

    model_admin: Any = None

    def get(self, request: HttpRequest) -> HttpResponse:
        if not may(request.user, RIGHT):
            raise PermissionDenied
        # Loads what works on columns of numbers, which no other page needs.
        from reports.conformance.queries import conformance_for, names_of

        now = clock.now()
        known = [Quarter.of(start) for start in quarters_with_incidents()]
        quarter = _quarter(request, known, now)
        seen = conformance_for(request.user, Population(quarter.start, quarter.end), now)
        chosen = Chosen(request, seen.found.deviations, quarter)
        page = Paginator(chosen.rows, A_PAGE).get_page(request.GET.get("p"))
        shown = tuple(page.object_list)
        names = names_of(shown)
        context = {
            **self.model_admin.admin_site.each_context(request),
            "title": "Conformance",
            "media": self.model_admin.media,
            "now": now,
            "first_line": first_line(quarter, seen.found.deviations, seen.found.runs),
            "provisional": quarter.progress(now) is Progress.RUNNING,
            "seen": seen,
            "hidden": _hidden(seen.hidden),
            "not_checked": not_checked(seen.found.unreadable, seen.found.unrecorded),
            "quarter": quarter,
            "quarters": [(str(each), f"{str(each)[4:]} {each.year}") for each in sorted({quarter, *known}, reverse=True)],
            "chosen": chosen,
            "classes": _classes(chosen, seen.found.deviations),
            "kinds": [(kind.value, kind.words) for kind in Kind],
            "rationales": RATIONALES.items(),
            "services": sorted(
                {(str(each.service_key), each.service) for each in seen.found.deviations}, key=lambda one: one[1].casefold()
            ),
            "rows": [(each, [names.get(person, "somebody") for person in each.people]) for each in shown],
            "page": page,
            "newer": chosen.address(p=page.previous_page_number()) if page.has_previous() else "",
            "older": chosen.address(p=page.next_page_number()) if page.has_next() else "",
        }
        return render(request, "reports/conformance.html", context)


class Chosen:
    """The filters that were asked for, and the deviations that they leave."""

    def __init__(self, request: HttpRequest, deviations: Iterable[Deviation], quarter: Quarter) -> None:
        given = request.GET
        self.quarter = quarter
        self.kind = given.get("class", "") if given.get("class", "") in list(Kind) else ""
        self.rationale = given.get("rationale", "") if given.get("rationale", "") in RATIONALES else ""
        self.service = given.get("service", "") if given.get("service", "").isdecimal() else ""
        self.rows = [each for each in deviations if self._holds(each)]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.kind or self.rationale or self.service)

    def address(self, **other: Any) -> str:
        """This page, but for `other`."""
        given = {"quarter": self.quarter, "class": self.kind, "rationale": self.rationale, "service": self.service} | other
        return f"{reverse(PAGE)}?{urlencode({name: str(value) for name, value in given.items() if value})}"

    def _holds(self, each: Deviation) -> bool:
        return (
            self.kind in ("", each.kind.value)
            and self.rationale in ("", "with" if each.rationale else "without")
            and self.service in ("", str(each.service_key))
        )


def first_line(quarter: Quarter, deviations: tuple[Deviation, ...], runs: int) -> str:
    """What the page was opened to find out."""
    when = f"{str(quarter)[4:]} {quarter.year}"
    if not runs and not deviations:
        return f"No escalation ran for an incident of {when}."
    bare = sum(not each.rationale for each in deviations)
    if not deviations:
        return f"{counted(runs, 'escalation')} of {when} went as their policies say."
    return (
        f"{counted(len(deviations), 'deviation')} in {when}, {bare:,} without a recorded rationale; {counted(runs, 'escalation')} checked."
    )


def not_checked(unreadable: int, unrecorded: int) -> str:
    """What could not be judged, in words; '' for nothing."""
    said = []
    if unreadable:
        said.append(f"{counted(unreadable, 'escalation')} could not be checked: the version that they follow cannot be read any more.")
    if unrecorded:
        said.append(f"Of {counted(unrecorded, 'alert')} no roster was recorded, so whether the right person was alerted is not known.")
    return " ".join(said)


def _hidden(count: int) -> str:
    return f"{counted(count, 'deviation')} more belong{'s' if count == 1 else ''} to incidents that you may not see." if count else ""


def _quarter(request: HttpRequest, known: list[Quarter], now: datetime) -> Quarter:
    """The one asked for, else the running one where it has incidents, else the latest that has."""
    given = request.GET.get("quarter", "")
    try:
        # An imported log may be ahead of the clock; its quarters are offered.
        return next((each for each in known if str(each) == given.upper()), None) or Quarter.asked_for(given, now)
    except NotAQuarter as error:
        running = Quarter.of(now)
        instead = running if running in known or not known else known[0]
        if given:
            messages.warning(request, f"{error} This is {instead}.")
        return instead


def _classes(chosen: Chosen, deviations: Iterable[Deviation]) -> list[dict[str, Any]]:
    """A row for each class that was found: its definition, how many, and the way to them."""
    from reports.conformance.published import definition_in_words

    found = Counter((each.kind, bool(each.rationale)) for each in deviations)
    return [
        {
            "words": kind.words,
            "definition": definition_in_words(kind),
            "count": found[kind, True] + found[kind, False],
            "bare": found[kind, False],
            "url": chosen.address(**{"class": kind.value, "rationale": "", "service": ""}),
            "current": chosen.kind == kind.value,
        }
        for kind in Kind
        if found[kind, True] + found[kind, False]
    ]
