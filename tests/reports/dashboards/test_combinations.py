"""Figures of several parts at once: worked out when somebody asks, the same as if they were prepared, and for those who see all."""

import re
from datetime import datetime
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident
from policies.models import Component, Team
from portal.foundation.access.grants import grant
from portal.foundation.access.places import SEE
from reports.dashboards import queries, services
from reports.dashboards.queries import Scope, figures_by_quarter
from reports.dashboards.selection import NOTHING, Selection
from reports.models import Dashboard, DayFacts
from reports.packs.quarters import Quarter
from tests.factories.portal import person
from tests.incidents.escalation.conftest import make_scene

from .histories import Lives, as_json, direct, prepare, service, unit
from .test_as_the_pack import LAST, THIS, World
from .test_pages import BEHIND, KEEP, PAGE, links, signed_in, text

pytestmark = pytest.mark.django_db
Q1 = {"quarter": str(THIS)}


@pytest.fixture
def world(now: datetime) -> World:
    found = World(Random(9))
    found.live((LAST, THIS), 60)
    back = Team.objects.create(name="Back")
    Incident.objects.filter(number__endswith="1").update(team=back)
    prepare(now)
    return found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["unit:3", "severity:SEV1"], "unit:3,severity:SEV1"),
        (["severity:SEV1,team:2", "", "service:7"], "service:7,team:2,severity:SEV1"),
        (["component:4"], "component:4"),
        ([""], ""),
        (["service:1", "service:2"], "unit:0"),
        (["service:1,all:"], "unit:0"),
        (["nonsense"], "unit:0"),
        (["severity:SEV1,password:x"], "unit:0"),
    ],
)
def test_a_combination_has_one_part_of_a_dimension_in_one_order(given: list[str], said: str) -> None:
    assert str(Selection.parse(*given)) == said
    assert Selection.parse(said) == Selection.parse(*given)


def test_figures_of_a_combination_are_those_of_its_incidents(now: datetime) -> None:
    lives = Lives(make_scene(now), Random(3))
    lives.scene.service.business_unit = unit("Bank")
    lives.scene.service.save()
    lives.go_on(80)
    for each in Incident.objects.order_by("pk"):
        back = Team.objects.get_or_create(name=lives.dice.choice(("Front", "Back")))[0]
        Incident.objects.filter(pk=each.pk).update(severity=lives.dice.choice(("", "SEV1", "SEV3")), team=back)
    prepare(lives.now)
    quarters = sorted({Quarter.of(each.opened_at) for each in Incident.objects.all()})
    checked = 0
    for severity in ("SEV1", "SEV2", "SEV3", "SEV4"):
        for team in Team.objects.filter(name__in=("Front", "Back")):
            asked = Selection.parse(f"unit:{lives.scene.service.business_unit_id}", f"team:{team.pk}", f"severity:{severity}")
            found = figures_by_quarter(asked, quarters)
            for quarter in quarters:
                only = as_json(direct(quarter, severity=severity, team=team.name))
                figures = as_json(found.get(str(quarter), {"figures": {}})["figures"])
                assert figures.get("incidents_opened", 0) == only["incidents_opened"]
                for name in (
                    "escalations",
                    "windows",
                    "reassigned",
                    "recurrence_by_service",
                    "incidents_by_week",
                    "time_to_resolve_seconds",
                ):
                    assert not figures or figures[name] == only[name]
                checked += bool(figures)
    assert checked


def test_figures_are_the_same_asked_for_as_prepared(world: World) -> None:
    known = Selection("unit", str(world.bank.pk))
    for quarter in (LAST, THIS):
        prepared_ones = figures_by_quarter(known, [quarter])[str(quarter)]["figures"]
        asked = queries._figures_asked(known, [quarter])[str(quarter)]["figures"]
        assert as_json(asked) == as_json(prepared_ones)


def test_every_number_of_a_combination_opens_as_many_incidents_as_it_says(world: World) -> None:
    client = signed_in("compliance")
    asked = [f"unit:{world.bank.pk}", "", "severity:SEV1"]
    page = client.get(PAGE, {**Q1, "of": asked})
    assert "Q1 2026, Bank, SEV1 critical:" in text(page)
    found = links(page)
    assert len(found) > 10
    for address, number in found.items():
        if number.isdecimal() and "per_" not in address:
            answer = client.get(address).content.decode()
            rows = re.findall(r'<tr><th scope="row"><a href="/admin/incidents/incident/', answer)
            counted = re.findall(r'<td class="ak-figure">(\d+)</td>', answer)
            assert (sum(map(int, counted)) if counted else len(rows)) == int(number), address


def test_how_often_is_told_by_service_and_by_component_with_the_incidents_behind(world: World) -> None:
    client = signed_in("compliance")
    said = client.get(PAGE, Q1)
    for words in (
        "How often, and how often again: by service",
        "by component",
        "Week by week",
        "Payments: &lt;b&gt;Disk&lt;/b&gt;",
        "=1+1 عربي 🔥",
    ):
        assert words in said.content.decode()
    disk = Component.objects.get(name="<b>Disk</b>")
    one = text(client.get(PAGE, {**Q1, "of": f"component:{disk.pk}"}))
    opened = Incident.objects.filter(component=disk, opened_at__gte=THIS.start).count()
    assert f"Payments: <b>Disk</b>: {opened} opened" in one
    assert "Not known" not in {row["name"] for row in said.context["again"][0]["rows"]}


def test_a_combination_is_kept_and_opened_again(world: World) -> None:
    client = signed_in("manager")
    asked = Selection.parse(f"service:{world.places[0][0].pk}", "severity:SEV1")
    client.post(KEEP, {"name": "Grave ones", "figure": ["incidents_opened"], "of": str(asked), "shared": "on"})
    kept = Dashboard.objects.get()
    assert services.selection_of(kept.versions.get()) == (asked, ["incidents_opened"])
    assert "Payments, SEV1 critical" in text(client.get(PAGE, {**Q1, "dashboard": kept.pk}))
    assert "1 figure of Payments, SEV1 critical" in text(client.get(f"/admin/reports/dashboard/{kept.pk}/change/"))
    # From a dashboard the parts lead to themselves, with its figures.
    beside = client.get(PAGE, {**Q1, "dashboard": kept.pk, "by": "service"}).context["compared"]["rows"]
    (own,) = [row["url"] for row in beside if row["name"] == "Payments"]
    assert "dashboard=" not in own
    assert [row["title"] for row in client.get(own).context["rows"]] == ["Incidents opened"]
    refused = client.post(KEEP, {"name": "None", "figure": ["unresolved"], "of": "service:999999,severity:SEV1"}, follow=True)
    assert "There is no such part of the organisation." in text(refused)
    assert Dashboard.objects.count() == 1


@pytest.mark.parametrize(
    "of", ["severity:SEV1", "team:{team}", "severity:SEV1,team:{team}", "component:{part},severity:SEV2", "service:{theirs}"]
)
def test_who_sees_one_unit_narrows_it_by_nothing_that_crosses_units(of: str, world: World) -> None:
    part, team = Component.objects.first(), Team.objects.get(name="Back")
    assert part is not None
    reader = person("Rita Reader", roles=("stakeholder",))
    grant(SEE.rights["policies.businessunit"], reader, world.cards)
    client = Client()
    client.force_login(reader)
    said = client.get(PAGE, {**Q1, "of": f"unit:{world.cards.pk}"})
    assert "Any severity" not in text(said)
    # A component is of its services: it tells of nothing beside.
    within = f"unit:{world.cards.pk},component:{part.pk}"
    assert within in {
        str(address) for address in re.findall(r"of=(unit[^&\"]+)", said.content.decode().replace("%3A", ":").replace("%2C", ","))
    }
    assert client.get(PAGE, {**Q1, "of": within}).status_code == 200
    narrowed = f"unit:{world.cards.pk}," + of.format(team=team.pk, part=part.pk, theirs=world.places[1][0].pk)
    for address in (PAGE, BEHIND):
        assert client.get(address, {**Q1, "of": narrowed, "figure": "incidents_opened"}).status_code == 403
        assert client.get(address, {**Q1, "of": f"component:{part.pk}", "figure": "incidents_opened"}).status_code == 403


def test_a_scope_holds_what_is_narrowed_by_components_alone() -> None:
    scope = Scope(everything=False, units=frozenset({3}), services=frozenset({5}))
    assert scope.holds(Selection.parse("unit:3,component:1"))
    assert scope.holds(Selection.parse("service:5,component:1"))
    for of in ("unit:3,service:5", "unit:4,service:5", "component:1", "unit:3,severity:SEV1", "service:5,team:1", ""):
        assert not scope.holds(Selection.parse(of))
    assert not scope.holds(NOTHING)


def test_only_as_many_quarters_are_looked_through_as_somebody_waits_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in("compliance")
    days = DayFacts.objects.values_list("incidents", flat=True)
    whole = sum(days) + len(days) * queries.A_DAY
    asked = {**Q1, "of": f"unit:{world.bank.pk},severity:SEV1"}
    assert "Over eight quarters" in text(client.get(PAGE, asked))
    monkeypatch.setattr(queries, "LOOKED_THROUGH", whole - 1)
    said = text(client.get(PAGE, asked))
    assert "Since Q1 2026" in said
    assert "Over eight quarters" in text(client.get(PAGE, {**Q1, "of": f"unit:{world.bank.pk}"}))


def test_facts_that_are_worked_out_anew_are_waited_for_in_words(world: World) -> None:
    DayFacts.objects.update(columns=b"something else")
    said = text(signed_in("compliance").get(PAGE, {**Q1, "of": f"unit:{world.bank.pk},severity:SEV1"}))
    assert "being worked out anew" in said
    assert "not known yet" in said
    assert "No incident was opened" not in said


@pytest.mark.parametrize(
    "of",
    [
        ["service:1", "service:2"],
        ["unit:x,severity:SEV9"],
        ["severity:SEV1,severity:SEV1"],
        ["team:\u202e,severity:SEV1"],
        ["unit:1,' OR 1=1"],
        ["component:99999999999999999999,team:1"],
        [","] * 50,
    ],
)
def test_a_combination_that_cannot_be_meant_shows_nothing_and_breaks_nothing(of: list[str], world: World) -> None:
    client = signed_in("compliance")
    assert client.get(PAGE, {**Q1, "of": of}).status_code == 200
    assert client.get(BEHIND, {**Q1, "of": of, "figure": "incidents_opened"}).status_code == 200


def test_as_many_queries_however_much_is_of_a_combination(world: World, now: datetime) -> None:
    client = signed_in("compliance")

    def asked(of: Any) -> int:
        client.get(PAGE, {**Q1, "of": of})
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE, {**Q1, "of": of}).status_code == 200
        return len(captured)

    of = f"unit:{world.bank.pk},team:{Team.objects.get(name='Back').pk},severity:SEV1"
    few = asked(of)
    world.places += [(service(f"More {number}", business_unit=world.bank), None) for number in range(5)]
    world.live((LAST, THIS, LAST.previous), 50)
    prepare(now)
    assert asked(of) == few <= 25
