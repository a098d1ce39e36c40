"""What every page has in common: landmarks, headings in the menu's words, empty lists, errors that help."""

from datetime import datetime, timedelta

import pytest
from django.templatetags.static import static
from django.test import Client

from incidents.lifecycle.services import acknowledge
from portal.foundation import words
from tests.factories.incidents import incident
from tests.factories.portal import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(person("Ana Ruiz", roles=("commander",)))
    return client


def test_a_page_has_a_way_past_the_menu_and_one_main_part(reader: Client) -> None:
    page = reader.get("/admin/").content.decode()
    assert 'href="#content"' in page
    assert page.count("<main") == 1


def test_a_list_is_called_what_the_menu_calls_it(reader: Client) -> None:
    page = reader.get("/admin/incidents/impactreading/").content.decode()
    assert "<title> Readings |" in " ".join(page.split())


def test_a_search_without_hits_says_so_and_leads_back(reader: Client) -> None:
    page = reader.get("/admin/incidents/incident/?q=zzzz").content.decode()
    assert "Nothing matches." in page
    assert "Show all incidents" in page


def test_an_address_that_leads_nowhere_is_told_kindly(reader: Client) -> None:
    answer = reader.get("/admin/nonsense/")
    assert answer.status_code == 404
    assert "Go to the work list" in answer.content.decode()


@pytest.mark.parametrize(("name", "said"), [("CET", "CET"), ("+08", "UTC+8"), ("+0530", "UTC+5:30"), ("-03", "UTC-3"), ("", "")])
def test_a_zone_without_letters_gets_some(name: str, said: str) -> None:
    assert words.zone(name) == said


def test_the_history_of_an_incident_tells_its_state(reader: Client, now: datetime) -> None:
    open_one = incident(now)
    acknowledge(open_one, actor=person("Tom Berg", roles=("commander",)), now=now + timedelta(minutes=1), reason="")
    page = " ".join(reader.get(f"/admin/incidents/incident/{open_one.pk}/history/").content.decode().split())
    assert "<strong>State:</strong> new" in page


def test_the_icon_that_browsers_ask_for_by_themselves_is_there_for_strangers(client: Client) -> None:
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer["Location"]) == (302, static("portal/favicon.svg"))
