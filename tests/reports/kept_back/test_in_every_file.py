"""Every file of a pack, of the whole and of each unit, and the page of the teams hold the same cells; what is kept back stands in none of them."""

import csv
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from incidents.models import HandOff
from policies.models import BusinessUnit, Team
from reports.accountability.teams import KEPT_BACK, TOGETHER
from reports.exports.formats import FORMATS
from reports.packs.quarters import Quarter
from reports.packs.satisfaction import OTHERS
from reports.packs.services import read_document, written
from tests.factories.feedback import feedback
from tests.factories.incidents import service
from tests.factories.portal import person
from tests.incidents.escalation.conftest import make_scene
from tests.reports.exports.test_as_pdf import text_in

from .solving import Known

pytestmark = pytest.mark.django_db
Q = Quarter(2026, 1)
NUMBERS = ("team_hand_offs_given", "team_hand_offs_given_signed", "team_hand_offs_taken", "team_hand_offs_taken_signed")
DUTIES = ("team", "people", "members", *NUMBERS)
UNITS = ("Cards", "Loans", "Mail")
SATISFACTION = {"Cheques": [5, 1, 5, 1, 5, 1], "Mortgages": [5, 5, 5], "Letters": [4, 4], "Parcels": [1, 1, 4, 1, 1, 1, 1]}


@pytest.fixture
def people(now: datetime) -> dict[str, list[Any]]:
    """Three teams in three units. Cards give many hand-offs, one person of Loans two, Mail some; Cards take most, everybody some."""
    scene = make_scene(now)
    units = {name: BusinessUnit.objects.create(name=name) for name in UNITS}
    crowd = {name: [person(f"{name} {place}") for place in range(6)] for name in UNITS}
    for name, members in crowd.items():
        Team.objects.create(name=f"{name} crew", business_unit=units[name]).members.add(*members)

    def hand_over(giver: Any, receiver: Any) -> HandOff:
        return HandOff.objects.create(
            incident=scene.open(), giver=giver, receiver=receiver, note="x", offered_at=now, given_at=now, kind="shift"
        )

    for name, counts in (("Cards", (3, 3, 3, 3, 2, 2)), ("Loans", (2, 0, 0, 0, 0, 0)), ("Mail", (2, 2, 2, 1, 0, 0))):
        for place, (who, count) in enumerate(zip(crowd[name], counts, strict=True)):
            for _ in range(count):
                made = hand_over(who, crowd["Cards"][(place + 1) % 6])
                HandOff.objects.filter(pk=made.pk).update(state="signed", received_at=now, settled_at=now)
            # So that everybody counts.
            hand_over(crowd["Cards"][(place + 2) % 6], who)
    # Who is in no team stands beside them: enough to be told.
    for place in range(5):
        hand_over(crowd["Cards"][place], person(f"Nobody's {place}"))
    for title, numbers in SATISFACTION.items():
        subject = service(
            title, business_unit=units["Mail" if title in ("Letters", "Parcels") else "Cards" if title == "Cheques" else "Loans"]
        )
        for number in numbers:
            feedback(now, service=subject, satisfaction=number, given_on=date(2026, 2, 2))
    return crowd


def files(unit: str | None, now: datetime, folder: Path) -> dict[str, Any]:
    """The pack of a unit in every format."""
    folder.mkdir()
    of = BusinessUnit.objects.get(name=unit) if unit else None
    paths = written(tuple(FORMATS), read_document(Q, of, now), folder, lambda step: None)
    return {"paths": paths, "json": json.loads(next(path for path in paths if path.suffix == ".json").read_text())}


def cells(table: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip([column["key"] for column in table["columns"]], row, strict=True)) for row in table["rows"]]


def test_what_is_kept_back_in_one_file_stands_in_no_other(people: Any, now: datetime, tmp_path: Path) -> None:
    hidden = 0
    for unit in (None, *UNITS):
        made = files(unit, now, tmp_path / str(unit))
        plain = made["json"]
        rows = {row["name"]: row for row in plain["accountability"]["teams"]}
        told = cells(plain["tables"]["team_duties"])
        assert {row["team"]: [row[name] for name in DUTIES[1:]] for row in told} == {
            name: [row["people"], row["members"], *(row[each] for each in NUMBERS)] for name, row in rows.items()
        }
        for path in made["paths"]:
            if path.name.endswith("-team_duties.csv"):
                as_text = list(csv.DictReader(path.read_text().splitlines()))
                assert [[line[name] for name in DUTIES] for line in as_text] == [["" if row[name] is None else str(row[name]) for name in DUTIES] for row in told]  # fmt: skip
            elif path.suffix == ".xlsx":
                sheet = next(each for each in openpyxl.load_workbook(path).worksheets if each.title.startswith("Hand-offs, drills and"))
                found = [[cell.value for cell in line][: len(DUTIES)] for line in sheet.iter_rows(min_row=2)]
                assert [line for line in found if line[0] in rows] == [[row[name] for name in DUTIES] for row in told]
            elif path.suffix == ".pdf":
                paper = text_in(path)
                line = paper[paper.index("Asked to drills") :]
                assert f"{TOGETHER} " in line
                assert KEPT_BACK in line
        hidden += sum(row[name] is None for row in rows.values() for name in NUMBERS)
    assert hidden > 4


def test_the_page_of_the_teams_has_the_cells_of_the_pack(people: Any, now: datetime, tmp_path: Path) -> None:
    cache.clear()
    whole = cells(files(None, now, tmp_path / "all")["json"]["tables"]["team_duties"])
    for who, names in ((person("Cora", roles=("compliance",)), None), (people["Loans"][2], {"Loans crew", TOGETHER})):
        client = Client()
        client.force_login(who)
        tables = client.get(reverse("accountability-teams"), {"quarter": str(Q)}).context["tables"]
        [duties] = [table for table in tables if table["key"] == "team_duties"]
        shown = {row[0][0]: [text for text, _ in row[3 : 3 + len(NUMBERS)]] for row in duties["rows"]}
        assert names is None or set(shown) == names
        for row in whole:
            if row["team"] in shown:
                assert shown[row["team"]] == [KEPT_BACK if row[name] is None else str(row[name]) for name in NUMBERS]


def test_all_packs_together_tell_of_no_hand_offs_that_one_keeps_back(people: Any, now: datetime, tmp_path: Path) -> None:
    known = Known()
    secret: set[tuple[str, str]] = set()
    for unit in (None, *UNITS):
        plain = files(unit, now, tmp_path / str(unit))["json"]
        rows = plain["accountability"]["teams"]
        for row in rows:
            for name in NUMBERS:
                value = row[name]
                known.number((row["name"], name), *((0, 200) if value is None else (value, value)))
                secret |= {(row["name"], name)} if value is None and row["name"] != TOGETHER else set()
            for side in ("given", "taken"):
                known.between({(row["name"], f"team_hand_offs_{side}"): 1, (row["name"], f"team_hand_offs_{side}_signed"): -1}, 0)
        if unit is None:
            names = [row["name"] for row in rows if row["name"] != TOGETHER]
            elsewhere = plain["operations"]["hand_offs"]
            for side in ("given", "taken"):
                for name, total in (
                    (f"team_hand_offs_{side}", elsewhere["asked"]),
                    (f"team_hand_offs_{side}_signed", elsewhere["accepted"]),
                ):
                    known.number((TOGETHER, name), total, total)
                    known.is_sum([(each, name) for each in names], total)
    assert ("Loans crew", "team_hand_offs_given") in secret
    for name in secret:
        low, high = known.could_be(name)
        assert low < high, name


def test_all_packs_together_tell_of_no_service_that_stands_with_others(people: Any, now: datetime, tmp_path: Path) -> None:
    known = Known()
    told: dict[str, int] = {}
    for name, numbers in SATISFACTION.items():
        known.is_sum([(name, number) for number in range(1, 6)], len(numbers))
        known.between({(name, 4): 1, (name, 5): 1, (name, "good"): -1}, 0, 0)
    services = {"Cards": ["Cheques"], "Loans": ["Mortgages"], "Mail": ["Letters", "Parcels"]}
    for unit in (None, *UNITS):
        plain = files(unit, now, tmp_path / str(unit))["json"]["feedback"]
        told |= {row["service"]: row["satisfied"] for row in plain["satisfaction_by_service"]}
        mine = [name for name in (services[unit] if unit else SATISFACTION) if unit is None or name in told]
        if customers := plain["satisfaction"]["customer"]:
            for number in range(1, 6):
                known.is_sum([(name, number) for name in mine], customers["numbers"][str(number)])
    for name, satisfied in told.items():
        known.is_sum([(each, "good") for each in ([name] if name in SATISFACTION else SATISFACTION.keys() - told.keys())], satisfied)
    assert OTHERS in told
    for name in SATISFACTION.keys() - told.keys():
        low, high = known.could_be((name, "good"))
        assert low < high, name
