"""The menu: what a reader may open, a section a task, and open what is their daily work."""

import pytest
from django.test import RequestFactory

from portal.site.navigation import MOST_OPEN, SECTIONS, sections
from tests.factories.portal import person
from tests.policies.admin.forms import as_

pytestmark = pytest.mark.django_db


@pytest.mark.the_same_on_any_database
def test_no_section_is_longer_than_people_read_and_nothing_is_called_the_same() -> None:
    assert all(len(section.links) <= 8 for section in SECTIONS)
    titles = [link.title for section in SECTIONS for link in section.links]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize(
    ("role", "opened"),
    [
        ("responder", ["Respond"]),
        ("manager", ["Respond", "Decide"]),
        ("approver", ["Decide"]),
        ("compliance", ["Prove", "Report", "Log review"]),
        ("auditor", ["Prove", "Log review", "Access"]),
        ("administrator", ["Access", "Organisation", "Run"]),
        ("stakeholder", []),
    ],
)
def test_what_somebody_works_with_every_day_stands_open_and_fits(rf: RequestFactory, role: str, opened: list[str]) -> None:
    request = rf.get("/admin/")
    request.user = person("Tom Berg", roles=(role,))
    shown = [section for section in sections(request) if "title" in section]
    assert [section["title"] for section in shown if section["open"]] == opened
    assert sum(len(section["items"]) for section in shown if section["open"]) <= MOST_OPEN


def test_a_responder_is_shown_no_door_that_is_closed(rf: RequestFactory) -> None:
    request = rf.get("/admin/")
    request.user = person("Tom Berg", roles=("responder",))
    assert not {"Prove", "Log review", "Keep and remove", "Run"} & {section.get("title") for section in sections(request)}


def test_the_section_of_a_page_is_open_and_its_link_says_that_it_is_here() -> None:
    page = as_(person("Tom Berg", roles=("responder",))).get("/admin/policies/team/").content.decode()
    assert '<details class="menu-part" data-part="Organisation" open>' in page
    assert '<details class="menu-part" data-part="Catalogue">' in page
    assert '<a href="/admin/policies/team/" aria-current="page"' in page
