"""The page and the file: what they say to whom, and what they do with odd input."""

import csv
import re
from datetime import datetime
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.ledger.models import LedgerEvent
from incidents.models import HandOff
from policies.models import BusinessUnit, Team
from portal.foundation import clock
from portal.models import User
from reports.accountability.models import AccountabilityComment
from tests.factories.portal import person
from tests.incidents.escalation.conftest import Scene, make_scene

pytestmark = pytest.mark.django_db
PAGE, FILE = "/admin/reports/accountability/", "/admin/reports/accountability/csv/"
Q1 = {"quarter": "2026Q1"}


@pytest.fixture
def scene(now: datetime) -> Scene:
    made = make_scene(now)
    for number in range(6):
        made.open(title=f"Number {number}")
    for minute in (0, 5):
        made.engine(minute)
    return made


@pytest.fixture(autouse=True)
def today(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


def signed_in(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def text(page: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def test_everybody_reads_their_own_record_with_definitions_and_comments_on_it(scene: Scene) -> None:
    client = signed_in(scene.ana)
    said = text(client.get(PAGE))
    assert "Your own record, 1 January to 31 March 2026 (UTC); the quarter still runs." in said
    assert "Alerts 6 of them at night none" in said
    assert "Went on to the next person or level 6" in said
    assert "Alerts about the quarter's incidents, on any track, drills left out" in said
    assert "Another record" not in said
    assert 'maxlength="4000"' in client.get(PAGE).content.decode()
    answer = client.post(f"{PAGE}?quarter=2026Q1", {"text": "<b>Both</b> systems were down."})
    assert (answer.status_code, answer["Location"]) == (302, f"{PAGE}?quarter=2026Q1")
    assert "&lt;b&gt;Both&lt;/b&gt; systems were down." in client.get(PAGE, Q1).content.decode()
    assert "Both" not in text(client.get(PAGE, {"quarter": "2025Q4"}))
    assert not LedgerEvent.objects.filter(type="accountability.read").exists()


def test_nothing_typed_is_lost_when_it_is_refused(scene: Scene) -> None:
    page = signed_in(scene.ana).post(f"{PAGE}?quarter=2026Q1", {"text": "word " * 1000})
    assert page.status_code == 400
    assert "Use at most 4,000 characters; these are 4,999." in text(page)
    assert "word word" in page.content.decode()


def test_every_look_at_somebody_elses_record_is_told(scene: Scene) -> None:
    AccountabilityComment.objects.create(person=scene.ana, quarter="2026Q1", text="Vendor was down.", at=scene.now)
    compliance = person("Ora", roles=("compliance",))
    client = signed_in(compliance)
    for _ in range(2):
        said = text(client.get(PAGE, {**Q1, "person": scene.ana.pk}))
    assert "This look is in the audit trail." in said
    assert "Vendor was down." in said
    assert "Add comment" not in said
    looks = LedgerEvent.objects.filter(type="accountability.read")
    assert [(look.actor_id, look.object_pk) for look in looks] == [(str(compliance.pk), str(scene.ana.pk))] * 2


def test_whoever_is_out_of_reach_is_as_if_they_were_not_there(scene: Scene) -> None:
    client = signed_in(scene.tom)
    for odd in (scene.ana.pk, 0, -1, 10**30, "x", "=cmd", "١", ""):
        for address in (PAGE, FILE):
            assert client.get(address, {"person": odd}).status_code == (200 if odd == "" else 404), odd
    team = Team.objects.create(name="Others")
    assert client.get(PAGE, {"team": team.pk}).status_code == 404
    assert Client().get(PAGE).status_code == 302


def test_a_comment_is_the_readers_own_whoever_the_address_names(scene: Scene) -> None:
    compliance = person("Ora", roles=("compliance",))
    signed_in(compliance).post(f"{PAGE}?quarter=2026Q1&person={scene.ana.pk}", {"text": "Not hers."})
    [made] = AccountabilityComment.objects.all()
    assert made.person == compliance


@pytest.mark.parametrize("quarter", ["2026Q5", "x", "9999Q4", "2026Q2", "=1+1", "🔥"])
def test_a_quarter_that_is_none_or_not_begun_is_refused_in_words(scene: Scene, quarter: str) -> None:
    answer = signed_in(scene.ana).get(PAGE, {"quarter": quarter})
    assert answer.status_code == 400
    assert "quarter" in answer.content.decode()


def test_the_file_says_what_the_page_says_and_holds_no_formula(scene: Scene) -> None:
    AccountabilityComment.objects.create(person=scene.ana, quarter="2026Q1", text="=HYPERLINK(1)", at=scene.now)
    answer = signed_in(scene.ana).get(FILE, Q1)
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    assert ["Alerts received", "Alerts", "6"] in [row[:3] for row in rows]
    assert not [cell for row in rows for cell in row if cell.startswith("=")]
    assert any("HYPERLINK" in cell for row in rows for cell in row)
    assert LedgerEvent.objects.get(type="accountability.downloaded").object_pk == str(scene.ana.pk)


def test_a_team_is_told_as_a_whole_and_a_small_one_not_at_all(scene: Scene) -> None:
    team = Team.objects.create(name="‮Payments", business_unit=BusinessUnit.objects.create(name="All"))
    team.members.add(scene.ana, scene.tom)
    client = signed_in(person("Ora", roles=("compliance",)))
    small = text(client.get(PAGE, {**Q1, "team": team.pk}))
    assert "would tell of each of them" in small
    assert "Alerts received" not in small
    team.members.add(*(person(f"Extra {number}") for number in range(3)))
    page = client.get(PAGE, {**Q1, "team": team.pk})
    assert "5 people" in text(page)
    assert "Alerts 12" in text(page)
    assert "Tom Person" not in text(page).split("Another record")[0]
    assert "median" not in text(page).split("What is counted")[0]


def test_the_page_asks_as_much_for_one_person_as_for_many(scene: Scene) -> None:
    client = signed_in(person("Ora", roles=("compliance",)))

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(PAGE, {**Q1, "person": scene.ana.pk}).status_code == 200
        return len(queries)

    asked()
    before = asked()
    for number in range(12):
        person(f"More {number}")
    assert asked() == before


TEAMS = "/admin/reports/accountability/teams/"


@pytest.fixture
def crowd(scene: Scene) -> list[User]:
    """Six people of Cards, six of Lending and six of no team, each of whom gave three hand-offs to Tom."""
    found = [person(f"Member {number}") for number in range(18)]
    for name, members in (("Cards", found[:6]), ("<i>Lending", found[6:12])):
        Team.objects.create(name=name, business_unit=BusinessUnit.objects.create(name=name)).members.add(*members)
    for giver in found * 3:
        HandOff.objects.create(incident=scene.open(), giver=giver, receiver=scene.tom, note="x", offered_at=scene.now, kind="shift")
    return found


def test_members_see_the_line_of_their_own_team_and_compliance_all_of_them(scene: Scene, crowd: list[User]) -> None:
    mine = text(signed_in(crowd[0]).get(TEAMS, Q1))
    assert "1 team, 1 January to 31 March 2026 (UTC); the quarter still runs." in mine
    assert "Cards 6 6 18" in mine
    assert "Lending" not in mine
    assert "Everybody else" not in mine
    assert not [each for each in crowd if str(each) in mine.split("What the teams answered for", 1)[1] and each != crowd[0]]
    page = signed_in(person("Ora", roles=("compliance",))).get(TEAMS, Q1)
    assert "2 teams" in text(page)
    assert "<i>Lending" not in page.content.decode()
    assert "<i>Lending 6 6 18" in text(page)


def test_whoever_is_in_no_team_finds_out_what_belongs_there(scene: Scene) -> None:
    said = text(signed_in(scene.kim).get(TEAMS, {"quarter": "2025Q4"}))
    assert "No team can be told" in said
    assert "a team has one when at least five of its people" in said


@pytest.mark.parametrize("quarter", ["2026Q5", "x", "2026Q2", "=1+1", "🔥"])
def test_the_table_refuses_what_is_no_quarter_or_has_not_begun(scene: Scene, quarter: str) -> None:
    assert signed_in(scene.ana).get(TEAMS, {"quarter": quarter}).status_code == 400


def test_a_member_finds_no_sums_that_a_colleagues_number_comes_out_of(scene: Scene) -> None:
    team = Team.objects.create(name="Payments")
    team.members.add(scene.ana, *(person(f"Extra {number}") for number in range(5)))
    assert signed_in(scene.ana).get(PAGE, {**Q1, "team": team.pk}).status_code == 404


def test_the_table_asks_as_much_for_many_teams_as_for_few(scene: Scene, crowd: list[User]) -> None:
    client = signed_in(person("Ora", roles=("compliance",)))

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(TEAMS, Q1).status_code == 200
        return len(queries)

    asked()
    before = asked()
    for number in range(9):
        Team.objects.create(name=f"More {number}").members.add(*crowd[:7])
    assert asked() == before
