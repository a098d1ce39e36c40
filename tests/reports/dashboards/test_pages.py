"""The page of figures and the incidents behind them: what they show, to whom, and how much they ask."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident
from portal.foundation import clock
from portal.foundation.access.grants import grant
from portal.foundation.access.places import SEE
from portal.models import User
from reports.dashboards import services
from reports.dashboards.selection import Selection
from reports.models import Dashboard, QuarterFigures
from reports.packs.quarters import Quarter
from tests.factories.portal import person
from tests.factories.reports import fact, small_quarter, stored
from tests.shared import shared

from .histories import prepare, service, unit

pytestmark = pytest.mark.django_db
PAGE, BEHIND, KEEP = "/admin/reports/dashboard/figures/", "/admin/reports/dashboard/figures/behind/", "/admin/reports/dashboard/keep/"
Q1 = {"quarter": "2016Q1"}


@shared
def quarter(now: datetime) -> datetime:
    stored(*small_quarter())
    prepare(now)
    return now


def signed_in(*roles: str, **fields: Any) -> Client:
    client = Client()
    client.force_login(person(roles=roles, **fields))
    return client


def text(page: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def links(page: Any) -> dict[str, str]:
    """Addresses of incidents behind figures, by the line that they are of."""
    found = re.findall(r'href="([^"]*/behind/[^"]*)"[^>]*>([^<]*)<', page.content.decode())
    return {unescape(address): number for address, number in found}


def test_the_first_line_answers_and_every_figure_is_defined(quarter: datetime) -> None:
    page = signed_in("compliance").get(PAGE, Q1)
    said = text(page)
    assert "Q1 2016, the whole organisation: 6 opened, 2 not resolved." in said
    assert "Up to date to 2 Mar 2026" in said
    assert "Incidents opened in the period: from its first instant" in said


def test_every_number_opens_as_many_incidents_as_it_says(quarter: datetime) -> None:
    client = signed_in("compliance")
    every = [name["name"] for name in catalogue_names()]
    found = links(client.get(PAGE, {**Q1, "figure": every}))
    assert len(found) > 15
    for address, number in found.items():
        answer = client.get(address)
        assert answer.status_code == 200, address
        if number.isdecimal() and "per_" not in address:
            rows = re.findall(r'<tr><th scope="row"><a href="/admin/incidents/incident/', answer.content.decode())
            counted = re.findall(r'<td class="ak-figure">(\d+)</td>', answer.content.decode())
            assert sum(map(int, counted)) == int(number) if counted else len(rows) == int(number), address


def catalogue_names() -> Any:
    from reports.models import FactsProgress

    return FactsProgress.objects.get().catalogue


def test_charts_say_what_they_show_and_use_no_style(quarter: datetime) -> None:
    page = signed_in("compliance").get(PAGE, Q1).content.decode()
    charts = re.findall(r"<svg class=\"db-chart\".*?</svg>", page)
    assert charts
    assert all(
        re.search(r'role="img" aria-labelledby="(\S+) (\S+)"><title id="\1">.+</title><desc id="\2">.+(2016 Q1|from 1 January): ', chart)
        for chart in charts
    )
    assert "style=" not in "".join(charts)
    assert "The same as a table" in page


def test_a_week_opens_the_incidents_of_that_week(quarter: datetime) -> None:
    client = signed_in("compliance")
    weeks = client.get(PAGE, Q1).context["weeks"]["rows"]
    assert {row["name"]: row["cell"]["text"] for row in weeks if row["cell"]["text"] != "0"} == {
        "1 January 2016": "1",
        "29 February 2016": "4",
        "28 March 2016": "1",
    }
    (cell,) = [row["cell"] for row in weeks if row["name"] == "29 February 2016"]
    assert "Incidents by week, from 29 February 2016, Q1 2016, the whole organisation: 4." in text(client.get(cell["url"]))
    for part in ("nonsense", "2016-13-01", ""):
        assert client.get(BEHIND, {**Q1, "figure": f"incidents_by_week.{part}"}).status_code == 404


def test_a_running_quarter_says_that_it_is_not_over(now: datetime) -> None:
    stored(fact(opened_at=now - timedelta(days=3)))
    prepare(now)
    page = text(signed_in("compliance").get(PAGE))
    running = Quarter.of(clock.now())
    assert f"Q{running.number} {running.year} so far, the whole organisation" in page
    assert "Q1 2026 (January to March)" in page


def test_an_empty_portal_and_an_empty_quarter_teach(now: datetime, client: Client) -> None:
    client.force_login(person(roles=("compliance",)))
    assert "being prepared for the first time" in text(client.get(PAGE))
    assert "the whole organisation: not known yet." in text(client.get(PAGE))
    prepare(now)
    assert "No incident was opened in this quarter here" in text(client.get(PAGE, {"quarter": "1999Q4"}))


def test_a_quarter_without_incidents_says_so_and_the_one_after_a_full_one_shows_that(quarter: datetime) -> None:
    client = signed_in("compliance")
    assert "No incident was opened in this quarter here" in text(client.get(PAGE, {"quarter": "1999Q4"}))
    after = text(client.get(PAGE, {"quarter": "2016Q2", "figure": "unresolved"}))
    assert "No incident was opened" not in after
    assert "Not resolved" in after
    assert "incidents – 2 " in after


def test_parts_stand_beside_each_other(quarter: datetime) -> None:
    said = text(signed_in("manager").get(PAGE, {**Q1, "by": "service"}))
    assert "By service" in said
    for each in small_quarter():
        assert each.service in said


@pytest.mark.parametrize(
    "asked",
    [
        {"quarter": "nonsense"},
        {"quarter": "0000Q1"},
        {"quarter": "0001Q1"},
        {"quarter": "9998Q4"},
        {"of": "service:999999999999999999999999"},
        {"of": "service:' OR 1=1"},
        {"of": "severity:"},
        {"of": "nonsense"},
        {"of": "all:1"},
        {"by": "password"},
        {"by": "all"},
        {"figure": ["<script>"] * 200},
        {"of": "team:\u202e"},
    ],
)
def test_what_cannot_be_meant_shows_nothing_and_breaks_nothing(asked: dict[str, Any], quarter: datetime) -> None:
    answer = signed_in("compliance").get(PAGE, asked)
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().partition("</head>")[2].replace("<script src", "")


@pytest.mark.parametrize("named", ["2026Q5", "２０２６Q1", "0001Q1", "9998Q4", "nonsense"])
def test_a_quarter_that_is_none_is_said_and_not_answered_with_another_in_silence(named: str, quarter: datetime) -> None:
    client = signed_in("compliance")
    said = text(client.get(PAGE, {"quarter": named}))
    assert f"'{named}' is not a quarter" in said or f"{named} cannot be asked for; choose a quarter from 1970Q1 to" in said
    for meant in ({}, {"quarter": "2016q1"}, Q1):
        shown = text(client.get(PAGE, meant))
        assert "not a quarter" not in shown
        assert "cannot be asked for" not in shown


@pytest.mark.parametrize(
    "asked", [{}, {"figure": "x"}, {"figure": "windows.missed", "level": "-1"}, {"figure": "incidents_opened", "page": "x"}]
)
def test_no_line_is_not_found_and_a_line_without_incidents_says_so(asked: dict[str, str], quarter: datetime) -> None:
    answer = signed_in("compliance").get(BEHIND, {**Q1, **asked})
    assert answer.status_code == (404 if asked.get("figure", "x") == "x" else 200)


@pytest.mark.parametrize(
    ("role", "opens"), [("responder", 403), ("stakeholder", 403), ("administrator", 403), ("auditor", 200), ("commander", 200)]
)
def test_figures_are_for_those_who_answer_for_them(role: str, opens: int, quarter: datetime) -> None:
    assert signed_in(role).get(PAGE).status_code == opens
    assert signed_in(role).get(BEHIND, {**Q1, "figure": "incidents_opened"}).status_code == opens


def test_somebody_who_was_given_a_unit_sees_its_figures_and_no_others(now: datetime) -> None:
    bank = unit("Bank")
    cards, loans = unit("Cards", part_of=bank), unit("Loans", part_of=bank)
    mine, theirs = service("Card payments", business_unit=cards), service("Loan offers", business_unit=loans)
    for each, number in ((mine, "INC-MINE"), (theirs, "INC-THEIRS")):
        Incident.objects.create(
            number=number, title=f"Of {each}", service=each, origin="imported", opened_at=datetime(2016, 3, 1, tzinfo=UTC)
        )
    prepare(now)
    reader = person("Rita Reader", roles=("stakeholder",))
    given(reader, cards)
    client = Client()
    client.force_login(reader)
    own = text(client.get(PAGE, Q1))
    assert "Q1 2016, Cards: 1 opened" in own
    assert "Card payments" in own
    for hidden in ("Loan offers", "Loans", "Bank", "The whole organisation", "Keep these figures"):
        assert hidden not in own
    assert "INC-MINE" in text(client.get(BEHIND, {**Q1, "of": f"unit:{cards.pk}", "figure": "incidents_opened"}))
    for other in ("", f"unit:{bank.pk}", f"unit:{loans.pk}", f"service:{theirs.pk}", "severity:SEV1", "team:1"):
        if other:
            assert client.get(PAGE, {**Q1, "of": other}).status_code == 403
            assert client.get(BEHIND, {**Q1, "of": other, "figure": "incidents_opened"}).status_code == 403
    assert "Loan offers" not in text(client.get(PAGE, {**Q1, "by": "service"}))
    assert client.post(KEEP, {"name": "Mine", "of": f"unit:{cards.pk}", "figure": ["incidents_opened"]}).status_code == 403


def given(reader: User, cards: Any) -> None:
    grant(SEE.rights["policies.businessunit"], reader, cards)


def test_an_incident_that_its_reader_may_not_see_is_counted_and_not_named(now: datetime) -> None:
    cards = unit("Cards")
    mine, theirs = service("Card payments", business_unit=cards), service("Loan offers")
    secret = Incident.objects.create(
        number="INC-1", title="Secret", service=mine, origin="imported", opened_at=datetime(2016, 3, 1, tzinfo=UTC)
    )
    prepare(now)
    reader = person("Rita Reader", roles=("stakeholder",))
    given(reader, cards)
    # It has moved away since the figures were worked out.
    Incident.objects.filter(pk=secret.pk).update(service=theirs)
    client = Client()
    client.force_login(reader)
    said = text(client.get(BEHIND, {**Q1, "of": f"unit:{cards.pk}", "figure": "incidents_opened"}))
    assert "1 incident of this page is not shown" in said
    assert "Secret" not in said


def test_what_is_shown_is_kept_opened_changed_and_listed(quarter: datetime) -> None:
    client = signed_in("manager")
    answer = client.post(KEEP, {"name": "Open ones", "purpose": "Mondays", "figure": ["unresolved"], "of": "", "shared": "on"})
    kept = Dashboard.objects.get()
    assert answer["Location"] == f"{PAGE}?dashboard={kept.pk}"
    page = client.get(PAGE, {**Q1, "dashboard": kept.pk})
    assert "Not resolved" in text(page)
    assert "Open ones" in text(signed_in("compliance").get(PAGE, Q1))
    assert "1 figure of the whole organisation" in text(client.get("/admin/reports/dashboard/"))
    assert "next version" not in text(page)
    assert "next version of “Open ones”" in text(client.get(PAGE, {**Q1, "from": kept.pk, "figure": ["reopened"]}))
    assert "next version" not in text(signed_in("commander").get(PAGE, {**Q1, "from": kept.pk, "figure": ["reopened"]}))
    client.post(KEEP, {"as": "version", "dashboard": kept.pk, "figure": ["unresolved", "reopened"], "of": ""})
    assert "Version 2" in text(client.get(f"/admin/reports/dashboard/{kept.pk}/change/"))
    refused = client.post(KEEP, {"name": "", "figure": ["unresolved"], "of": ""}, follow=True)
    assert "Give it a name that says what it shows." in text(refused)
    assert signed_in("commander").post(KEEP, {"as": "version", "dashboard": kept.pk, "figure": ["reopened"], "of": ""}).status_code == 403
    assert client.get(PAGE, {"dashboard": "999"}).status_code == 404


def asked_of(client: Client, address: str, data: dict[str, Any]) -> int:
    client.get(address, data)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, data).status_code == 200
    return len(captured)


def test_as_many_queries_however_many_incidents_parts_and_quarters(quarter: datetime) -> None:
    client = signed_in("compliance")
    few = asked_of(client, PAGE, {**Q1, "by": "service"}), asked_of(client, BEHIND, {**Q1, "figure": "incidents_opened"})
    stored(
        *(
            fact(service=f"Service {number}", team=f"Team {number}", opened_at=datetime(2015, 1 + number % 12, 3, tzinfo=UTC))
            for number in range(40)
        )
    )
    stored(*(fact(service=f"More {number}") for number in range(40)))
    prepare(quarter)
    for number in range(5):
        services.keep_dashboard(f"Kept {number}", Selection(), ["reopened"], actor=User.objects.latest("pk"), now=quarter)
    assert QuarterFigures.objects.count() > 80
    more = asked_of(client, PAGE, {**Q1, "by": "service"}), asked_of(client, BEHIND, {**Q1, "figure": "incidents_opened"})
    assert more == few
    assert more[0] <= 25


def test_what_counts_is_not_loaded_to_show_figures() -> None:
    """Held by a fresh interpreter: with numpy it takes 20 MB."""
    code = (
        "import django, sys; django.setup(); import portal.urls, reports.tasks; "
        "sys.exit(' '.join(name for name in ('behind', 'columns', 'measured', 'reading', 'working_out') if f'reports.dashboards.{name}' in sys.modules))"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "portal.settings.test", **os.environ}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.stderr.strip() == ""
