"""The page of a person's or a team's accountability record, what its person says about it, and the record as a file."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse

from policies.models import Team
from portal.foundation import clock, words
from portal.foundation.errors import InvalidInput, NotFound
from portal.foundation.people.models import User
from reports.accountability.definitions import FEWEST, Record
from reports.accountability.queries import comments_on, members_of, record_of_person, record_of_team
from reports.accountability.readers import people_for, teams_for
from reports.accountability.services import LONGEST, comment, open_record, open_team
from reports.accountability.wording import NOTE, Part, parts_of
from reports.document import Column, Kind, Table
from reports.exports.one_table import csv_of
from reports.metrics.population import Population
from reports.packs.quarters import NotAQuarter, Progress, Quarter

MOST_QUARTERS = 8
COLUMNS = (Column("figure", "Figure"), Column("line", "What"), Column("text", "In words"), Column("value", "Value", Kind.NUMBER))
ERASED = "Erased with this person's data."
# A team's sums are held against nobody's.
NOT_OF_A_TEAM = ("alerts_received.usual",)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose record of which quarter; `members` are a team's."""

    quarter: Quarter
    person: User | None
    team: Team | None
    members: tuple[int, ...] = ()

    @property
    def whose(self) -> str:
        return str(self.person or self.team)

    @property
    def query(self) -> dict[str, str]:
        whose = {"team": str(self.team.pk)} if self.team else {"person": str(self.person.pk)} if self.person else {}
        return {"quarter": str(self.quarter), **whose}


def accountability(request: HttpRequest) -> HttpResponse:
    """GET shows a record: the reader's own, or that of `person` or `team`, of `quarter`. POST adds a comment to the reader's own."""
    now = clock.now()
    try:
        asked = _asked(request, now)
    except NotAQuarter as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain; charset=utf-8")
    typed, problem = "", ""
    if request.method == "POST":
        typed = request.POST.get("text", "")
        try:
            comment(typed, quarter=str(asked.quarter), actor=request.user, now=now)
        except InvalidInput as error:
            problem = error.message
        else:
            messages.success(request, "Your comment stands beside your record now.")
            return redirect(f"{reverse('accountability')}?{urlencode({'quarter': str(asked.quarter)})}")
    page = _page(request, asked, now) | {"typed": typed, "problem": problem}
    return render(request, "reports/accountability.html", page, status=400 if problem else 200)


def accountability_csv(request: HttpRequest) -> HttpResponse:
    """GET with `quarter` and `person` or `team`: the record as the page tells it, as CSV; the download is recorded."""
    now = clock.now()
    try:
        asked = _asked(request, now, download=True)
    except NotAQuarter as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain; charset=utf-8")
    rows = tuple((part.title, line.words, line.text, line.value) for part in _parts(asked, now) for line in part.lines)
    said = () if asked.person is None else comments_on(asked.person, str(asked.quarter))
    table = Table("accountability", f"{asked.whose}, {asked.quarter}", NOTE, COLUMNS, (*rows, *(("Comment", _day(each.at), each.text or ERASED, None) for each in said)))  # fmt: skip
    answer = HttpResponse(csv_of(table), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="accountability-{asked.quarter}.csv"'
    return answer


def _asked(request: HttpRequest, now: datetime, *, download: bool = False) -> Asked:
    """What the address asks for. Raises NotAQuarter, and Http404 for whoever is out of reach."""
    given: Any = request.GET
    quarter = Quarter.asked_for(given["quarter"], now) if given.get("quarter") else Quarter.of(now)
    reader: Any = request.user
    try:
        if given.get("team") and request.method == "GET":
            team = open_team(_key(given["team"]), quarter=str(quarter), reader=reader, now=now, download=download)
            return Asked(quarter, None, team, tuple(members_of(team)))
        key = _key(given["person"]) if given.get("person") and request.method == "GET" else reader.pk
        return Asked(quarter, open_record(key, quarter=str(quarter), reader=reader, now=now, download=download), None)
    except NotFound as error:
        raise Http404(error.message) from None


def _key(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _parts(asked: Asked, now: datetime) -> list[Part]:
    population = Population(asked.quarter.start, asked.quarter.end)
    if asked.team is not None:
        return parts_of(record_of_team(asked.team, asked.members, population, now), without=NOT_OF_A_TEAM) if _is_told(asked) else []
    return parts_of(record_of_person(asked.person, population, now) if asked.person else Record())


def _is_told(asked: Asked) -> bool:
    """The sums of a few people would tell of each of them."""
    return asked.team is None or len(asked.members) >= FEWEST


def _page(request: HttpRequest, asked: Asked, now: datetime) -> dict[str, Any]:
    reader: Any = request.user
    is_own = asked.person is not None and asked.person.pk == reader.pk
    return {
        **admin.site.each_context(request),
        "title": "Accountability record",
        "media": Media(css={"all": ("adminkit/adminkit.css", "portal/dashboard.css", "portal/accountability.css")}),
        "asked": asked,
        "first_line": _first_line(asked, is_own, now),
        "is_own": is_own,
        "parts": _parts(asked, now),
        "comments": comments_on(asked.person, str(asked.quarter)) if asked.person else (),
        "quarters": _quarters(asked.quarter, now),
        "people": list(people_for(reader)),
        "teams": list(teams_for(reader)),
        "download": f"{reverse('accountability-csv')}?{urlencode(asked.query)}" if _is_told(asked) else "",
        "of_teams": f"{reverse('accountability-teams')}?{urlencode({'quarter': str(asked.quarter)})}",
        "note": NOTE,
        "longest": LONGEST,
        "fewest": FEWEST,
    }


def _first_line(asked: Asked, is_own: bool, now: datetime) -> str:
    whose = "Your own record" if is_own else f"{asked.whose}"
    if asked.team:
        whose = f"{asked.team}, {words.counted(len(asked.members), 'person', 'people')}"
    runs = "; the quarter still runs" if asked.quarter.progress(now) is Progress.RUNNING else ""
    return f"{whose}, {asked.quarter.days_in_words} (UTC){runs}."


def _quarters(chosen: Quarter, now: datetime) -> list[Quarter]:
    """The last eight, and the one that is shown."""
    found = [Quarter.of(now)]
    while len(found) < MOST_QUARTERS:
        found.append(found[-1].previous)
    return found if chosen in found else [*found, chosen]


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
