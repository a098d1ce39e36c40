"""The list a manager starts from: what it shows, how it is narrowed, and in how many queries."""

import re
from datetime import timedelta
from decimal import Decimal
from functools import partial
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from policies.decisions.vocabulary import Scope
from policies.governance import services
from policies.models import BusinessUnit, OwnMeasure, PolicyReview, PolicyVersion
from portal.foundation import clock
from portal.models import User
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared

from .forms import undrawn

pytestmark = pytest.mark.django_db
LIST = reverse("admin:policies_threshold_changelist")


@shared
def mia() -> User:
    return person("Mia Manager", roles=("manager",))


@shared
def cards() -> PolicyVersion:
    """5 % of failed transactions are SEV2 for card payments."""
    return make.in_force(make.service("Card payments"))


@pytest.fixture
def client(mia: User) -> Client:
    signed_in = Client()
    signed_in.force_login(mia)
    return signed_in


def listed(client: Client, **narrowed: Any) -> str:
    """The rows as text, without the page around them."""
    answer = client.get(LIST, narrowed)
    assert answer.status_code == 200
    shown = answer.content.decode().partition('id="result_list"')[2].partition("</table>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def narrowed_to(client: Client, **narrowed: Any) -> set[str]:
    """The services whose rows are on the list, read from what it is drawn of."""
    with undrawn():
        answer: Any = client.get(LIST, narrowed)
    return {str(row.version.policy.service or "the whole organisation") for row in answer.context_data["cl"].result_list}


def draft_with(version: PolicyVersion, value: str) -> PolicyVersion:
    draft = make.draft(version.policy)
    draft.thresholds.get().criteria.update(value=Decimal(value))
    return draft


def test_a_row_says_what_is_in_force_for_whom_since_when_and_by_whom(client: Client, cards: PolicyVersion) -> None:
    row = listed(client)
    for said in (
        "Payments failing Card payments, Escalation of Card payments",
        "Failed transactions at least 5 % in 10 min",
        "SEV2 major from level 1",
        "v1 , 2 Mar 2026 by Author, approved by Approver",
    ):
        assert said in row


def test_a_pending_change_stands_beside_with_its_badge_and_a_link(client: Client, cards: PolicyVersion) -> None:
    draft = draft_with(cards, "7")
    row = listed(client)
    assert "Draft, v2 by Author Failed transactions: 5 % → becomes 7 %" in row
    assert reverse("admin:policies_policyversion_change", args=[draft.pk]) in client.get(LIST).content.decode()
    services.submit_version(draft, actor=draft.author, now=make.NOW, accepted=make.ACCEPTED)
    assert "Waiting for approval, v2 by Author Failed transactions: 5 % → becomes 7 %" in listed(client)


def test_a_draft_that_leaves_it_as_it_is_is_no_pending_change(client: Client, cards: PolicyVersion) -> None:
    make.draft(cards.policy)
    assert "Draft" not in listed(client)


def test_a_removed_threshold_is_told(client: Client, cards: PolicyVersion) -> None:
    make.draft(cards.policy).thresholds.get().delete()
    assert "threshold goes" in listed(client)


def test_what_is_approved_for_later_and_the_draft_after_it_are_told_one_after_the_other(client: Client, cards: PolicyVersion) -> None:
    later = draft_with(cards, "7")
    PolicyVersion.objects.filter(pk=later.pk).update(effective_from=clock.now() + timedelta(days=3))
    later.refresh_from_db()
    make.approve(later)
    draft_with(cards, "9")
    row = listed(client)
    assert "Approved for later, v2 from" in row
    assert row.index("5 % → becomes 7 %") < row.index("7 % → becomes 9 %")


def test_the_last_change_is_the_version_that_brought_the_value_not_the_latest(client: Client, cards: PolicyVersion) -> None:
    for number, value in ((2, "7"), (3, "7")):
        make.approve(draft_with(cards, value), now=make.NOW + timedelta(days=number))
    row = listed(client)
    assert "at least 7 %" in row
    assert "v2 , 4 Mar 2026" in row


def test_a_threshold_that_came_back_counts_from_its_return(client: Client, cards: PolicyVersion) -> None:
    for number, value in ((2, "7"), (3, "5")):
        make.approve(draft_with(cards, value), now=make.NOW + timedelta(days=number))
    assert "v3 , 5 Mar 2026" in listed(client)


def test_an_open_review_is_told_and_an_overdue_one_stands_out(client: Client, cards: PolicyVersion) -> None:
    assert "Overdue" not in listed(client)
    day = timedelta(days=1)
    fields: dict[str, Any] = {"policy": cards.policy, "assigned_to": cards.policy.owner, "kind": "thresholds", "opened_at": make.NOW}
    PolicyReview.objects.create(period="2026Q1", period_start=make.NOW, period_end=make.NOW + day, due_at=make.NOW + day, **fields)
    assert "Overdue 3 Mar 2026, 09:00 UTC" in listed(client)
    assert "Payments failing" in listed(client, review="overdue")
    assert "Payments failing" not in listed(client, review="soon")
    assert "Payments failing" not in listed(client, review="none")


def test_a_measure_of_our_own_is_called_as_it_is_named(client: Client) -> None:
    OwnMeasure.objects.create(key="orders_waiting", name="Orders waiting", unit="orders")
    version = make.draft()
    make.level(version, 1, person("Ana"))
    make.threshold(version, "Backlog", criteria=[{"measure": "orders_waiting", "value": Decimal(4000)}])
    make.approve(version)
    assert "Orders waiting at least 4,000 orders" in listed(client)
    assert "Backlog" in listed(client, unit="orders")
    assert "Backlog" not in listed(client, unit="%")


def test_every_filter_narrows(client: Client) -> None:
    unit = BusinessUnit.objects.create(name="Payments")
    cards = make.in_force(make.service("Card payments", business_unit=unit, tier=1))
    search = make.in_force(make.service("Search"))
    everywhere = make.draft(make.policy(scope=Scope.GLOBAL.value, name="Everywhere"))
    make.level(everywhere, 1, person("Ana"))
    make.threshold(everywhere, "Slow", severity="SEV4", criteria=[{"measure": "latency_ms", "value": Decimal(900)}])
    make.approve(everywhere)
    draft_with(search, "7")

    found = partial(narrowed_to, client)
    assert all(name in listed(client) for name in found())
    assert found() == {"Card payments", "Search", "the whole organisation"}
    assert found(service=cards.policy.service_id) == {"Card payments"}
    assert found(service=make.service("Mail").pk) == {"the whole organisation"}
    assert found(scope="global") == {"the whole organisation"}
    assert found(business_unit=unit.pk) == {"Card payments"}
    assert found(measure="latency_ms") == {"the whole organisation"}
    assert found(unit="%") == {"Card payments", "Search"}
    assert found(severity="SEV4") == {"the whole organisation"}
    assert found(owner=search.policy.owner_id) == {"Search"}
    assert found(pending="any") == found(pending="draft") == {"Search"}
    assert found(pending="submitted") == found(pending="approved") == set()
    assert found(q="card") == {"Card payments"}
    assert found(q="latency") == {"the whole organisation"}


FILTERS = ("service", "scope", "business_unit", "measure", "unit", "owner", "pending", "review", "version_is")


@pytest.mark.parametrize("value", ["nonsense", "' OR 1=1 --", "9" * 30, "-1", "\x00", "é"])
def test_filters_that_are_none_narrow_nothing(client: Client, cards: PolicyVersion, value: str) -> None:
    """All at once: a row that every one of them lets through is there."""
    assert narrowed_to(client, **dict.fromkeys(FILTERS, value)) == {"Card payments"}


def test_every_column_sorts_both_ways(client: Client, cards: PolicyVersion) -> None:
    for column in range(6):
        for order in (str(column), f"-{column}"):
            assert narrowed_to(client, o=order) == {"Card payments"}


def test_values_sort_by_their_number(client: Client) -> None:
    for value in ("1000", "50", "7"):
        version = make.draft()
        make.level(version, 1, person("Ana"))
        make.threshold(version, f"At {value}", criteria=[{"measure": "affected_users", "value": Decimal(value)}])
        make.approve(version)
    row = listed(client, o="1")
    assert row.index("At 7 ") < row.index("At 50 ") < row.index("At 1000 ")
    falling = listed(client, o="-1")
    assert falling.index("At 1000 ") < falling.index("At 50 ") < falling.index("At 7 ")


def test_fifteen_rows_take_the_queries_of_five(client: Client) -> None:
    def queries(**narrowed: Any) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(LIST, narrowed).status_code == 200
        return len(captured)

    def add(policies: int, thresholds: int) -> None:
        for _ in range(policies):
            version = make.draft()
            make.level(version, 1, person("Ana"))
            for number in range(thresholds):
                make.threshold(version, f"Threshold {number}")
            make.approve(version)
            draft = make.draft(version.policy)
            for row in draft.thresholds.all():
                row.criteria.update(value=Decimal(7))

    add(1, 5)
    queries()
    few, narrowed = queries(), queries(pending="draft")
    add(2, 5)
    assert queries() == few
    assert queries(pending="draft") == narrowed
    assert few <= 25


def test_responders_read_and_stakeholders_do_not(client: Client, cards: PolicyVersion) -> None:
    reader, outsider = Client(), Client()
    reader.force_login(person("Rita", roles=("responder",)))
    outsider.force_login(person("Grace", roles=("stakeholder",)))
    assert "/edit/" in client.get(LIST).content.decode()
    shown = reader.get(LIST)
    assert (shown.status_code, "/edit/" in shown.content.decode()) == (200, False)
    assert outsider.get(LIST).status_code == 403


def test_what_people_type_is_shown_as_text(client: Client) -> None:
    version = make.draft(make.policy(make.service("<img src=x>")))
    make.level(version, 1, person("Ana"))
    make.threshold(version, "<script>alert(1)</script>")
    make.approve(version)
    shown = client.get(LIST).content.decode()
    assert "<script>alert(1)" not in shown
    assert "<img src=x>" not in shown
