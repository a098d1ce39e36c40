"""Authority is delegated by somebody else, for a term, in a region, and ends by its day or by being revoked."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audit.models import LedgerEvent
from policies.admin.authority import authority_of
from policies.catalogue.authority import Standing, day_of, ending, revoke_authority, standing
from policies.models import DelegatedAuthority, Region
from portal.foundation import clock
from portal.foundation.errors import NotAllowed, WrongState
from portal.models import User
from portal.site.dashboard.mine import authority_ending
from tests.factories.portal import person
from tests.policies.admin.forms import as_

pytestmark = pytest.mark.django_db
ADD = "/admin/policies/delegatedauthority/add/"
DAY = timedelta(days=1)


@pytest.fixture
def mia() -> User:
    return person("Mia", roles=("manager",))


@pytest.fixture
def ana() -> User:
    return person("Ana")


@pytest.fixture
def region() -> Region:
    return Region.objects.create(name="EU")


def given(ana: User, region: Region, **fields: Any) -> DelegatedAuthority:
    today = day_of(clock.now())
    values = {"mandates": "mobilise_resources", "valid_from": today - DAY, "valid_until": today + 60 * DAY, **fields}
    return DelegatedAuthority.objects.create(person=ana, region=region, **values)


def form(ana: User, region: Region, **fields: Any) -> dict[str, Any]:
    today = day_of(clock.now())
    values = {"mandates": "mobilise_resources", "limits": "", "valid_from": today, "valid_until": today + 90 * DAY, "why": "Summer"}
    return {**values, "person": ana.pk, "region": region.pk, **fields}


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_manager_delegates_and_the_record_says_who_did(mia: User, ana: User, region: Region) -> None:
    answer = as_(mia).post(ADD, form(ana, region, limits="up to 20,000 EUR"), follow=True)
    made = DelegatedAuthority.objects.get()
    assert made.delegated_by == mia
    assert "Ana may mobilise resources in EU, until" in words(answer)
    assert "Limits: up to 20,000 EUR. Delegated by Mia." in words(answer)
    assert LedgerEvent.objects.filter(type="delegatedauthority.created").count() == 1


def test_nobody_delegates_to_themselves_nor_prolongs_their_own(mia: User, region: Region) -> None:
    assert "somebody else" in words(as_(mia).post(ADD, form(mia, region)))
    own = given(mia, region)
    page = reverse("admin:policies_delegatedauthority_change", args=[own.pk])
    assert "somebody else" in words(as_(mia).post(page, form(mia, region, valid_until=own.valid_until + DAY)))
    own.refresh_from_db()
    assert own.valid_until == day_of(clock.now()) + 60 * DAY


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"valid_until": "2020-01-01", "valid_from": "2019-01-01"}, "The last day is over"),
        ({"valid_until": "2019-01-01", "valid_from": "2020-01-01"}, "must not be before the first"),
        ({"valid_until": "2999-01-01"}, "three years at most"),
        ({"mandates": "rule_the_world"}, "is no mandate"),
        ({"mandates": "mobilise_resources, suspend_processes"}, "may mobilise_resources already"),
        ({"valid_until": "soon"}, "Enter a valid date"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(mia: User, ana: User, region: Region, fields: dict[str, Any], problem: str) -> None:
    given(ana, region)
    assert problem in words(as_(mia).post(ADD, form(ana, region, **fields)))
    assert DelegatedAuthority.objects.count() == 1


def test_it_is_revoked_with_a_reason_once_and_not_changed_any_more(mia: User, ana: User, region: Region, now: Any) -> None:
    made = given(ana, region)
    page = reverse("admin:policies_delegatedauthority_do", args=[made.pk, "revoke"])
    assert as_(mia).post(page, {"reason": ""}).status_code == 400
    assert "Revoked" in words(as_(mia).post(page, {"reason": "Left the team"}, follow=True))
    made.refresh_from_db()
    assert made.revoked_at is not None
    assert LedgerEvent.objects.filter(type="delegatedauthority.revoked").count() == 1
    with pytest.raises(WrongState):
        revoke_authority(made, actor=mia, now=clock.now(), reason="Again")
    with pytest.raises(NotAllowed):
        revoke_authority(given(ana, region), actor=ana, now=clock.now(), reason="No")
    change = reverse("admin:policies_delegatedauthority_change", args=[made.pk])
    assert as_(mia).post(change, form(ana, region)).status_code == 403


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-1, Standing.COMING),
        (0, Standing.IN_FORCE),
        (15, Standing.IN_FORCE),
        (16, Standing.ENDING),
        (30, Standing.ENDING),
        (31, Standing.ENDED),
    ],
)
def test_where_it_stands_on_a_day(days: int, expected: Standing) -> None:
    first = date(2026, 3, 1)
    authority = DelegatedAuthority(valid_from=first, valid_until=first + 30 * DAY)
    assert standing(authority, first + days * DAY) is expected


def test_what_ends_soon_is_listed_and_stands_on_the_work_list_of_whoever_gave_it(mia: User, ana: User, region: Region) -> None:
    today = day_of(clock.now())
    soon = given(ana, region, valid_until=today + 3 * DAY, delegated_by=mia)
    given(ana, Region.objects.create(name="APAC"))
    assert list(ending(today)) == [soon]
    card = authority_ending(mia, clock.now())
    assert card is not None
    assert [row.text for row in card.rows] == ["Ana in EU: mobilise resources"]
    listed = words(as_(mia).get("/admin/policies/delegatedauthority/?is=ending"))
    assert "ends in 3 days" in listed
    assert "APAC</td>" not in listed
    assert len(authority_of(ana, clock.now())) == 2


def test_a_person_s_page_shows_how_they_are_reached_what_they_know_and_may_decide(mia: User, ana: User, region: Region) -> None:
    given(ana, region)
    region.people.add(ana)
    shown = words(as_(mia).get(f"/admin/portal/user/{ana.pk}/change/"))
    for part in ("No alert can reach Ana.", "Works in EU.", "Ana may mobilise resources in EU", "How to reach", "Skills"):
        assert part in shown


def test_a_region_says_who_works_there(mia: User, ana: User, region: Region) -> None:
    page = reverse("admin:policies_region_change", args=[region.pk])
    answer = as_(mia).post(page, {"name": "EU", "people": [ana.pk], "why": "She moved"}, follow=True)
    assert "1 person here; 0 delegations of authority in force." in words(answer)
    assert list(region.people.all()) == [ana]
    assert LedgerEvent.objects.filter(type="region.changed").count() == 1


def test_more_delegations_cost_the_list_no_more_queries(mia: User, ana: User, region: Region, django_assert_max_num_queries: Any) -> None:
    client: Client = as_(mia)
    given(ana, region)
    client.get("/admin/policies/delegatedauthority/")
    with django_assert_max_num_queries(40) as few:
        client.get("/admin/policies/delegatedauthority/")
    for number in range(3):
        given(ana, Region.objects.create(name=str(number)))
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/admin/policies/delegatedauthority/")
