"""What stands beside the incidents of a review: the annual revision of policies, as what was due, done and overdue in the quarter."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from policies.models import BusinessUnit, EscalationPolicy, PolicyReview, Service
from reports.packs.quarters import Quarter
from reports.quarterly.beside import gathered
from tests.factories import policies as make
from tests.factories.portal import person

pytestmark = pytest.mark.django_db
QUARTER = Quarter(2026, 1)
AFTER = datetime(2026, 4, 2, tzinfo=UTC)


def day(month: int, number: int, year: int = 2026) -> datetime:
    return datetime(year, month, number, 12, tzinfo=UTC)


@pytest.fixture
def owner(db: None) -> Any:
    return person("Olga Owner")


def policy(name: str, *, since: datetime = datetime(2024, 6, 1, tzinfo=UTC)) -> EscalationPolicy:
    service = Service.objects.create(name=name, key=name.lower(), business_unit=BusinessUnit.objects.create(name=f"Unit of {name}"))
    return make.in_force(service, [person(f"Responder of {name}")], now=since).policy


def revision(
    of: EscalationPolicy, owner: Any, period: str, due: datetime, *, signed: datetime | None = None, decision: str = "change"
) -> None:
    row = PolicyReview.objects.create(
        policy=of, kind="policy", period=period, period_start=due - timedelta(days=400), period_end=due - timedelta(days=35), assigned_to=owner,
        opened_at=due - timedelta(days=35), due_at=due,
    )  # fmt: skip
    if signed:
        row.signed_at, row.signed_by, row.signed_by_name, row.evidence, row.decision, row.reason = (
            signed,
            owner,
            "Olga",
            {},
            decision,
            "Fits.",
        )
        row.save()


def block(units: Any = None, now: datetime = AFTER, quarter: Quarter = QUARTER) -> tuple[str, list[str]]:
    [found] = [each for each in gathered(quarter, units, now)["blocks"] if each["key"] == "annual_revision"]
    return found["words"], found["lines"]


def test_it_says_what_was_due_done_and_overdue_and_which_policies_nobody_revised(owner: Any) -> None:
    cards, loans, pay = policy("Cards"), policy("Loans"), policy("Pay")
    revision(cards, owner, "2025", day(2, 1), signed=day(2, 20))
    revision(loans, owner, "2025", day(2, 1))
    policy("Young", since=datetime(2025, 12, 1, tzinfo=UTC))
    words, lines = block()
    assert words == (
        "2 revisions were due in the quarter, 1 signed in it (1 to change), 1 overdue at its end. Of the policies in force for more than a year "
        "1 had no revision within the last year and none that is open."
    )
    assert lines == [
        f"{cards}, revision of 2025, due 2026-02-01: signed, change",
        f"{loans}, revision of 2025, due 2026-02-01: overdue",
        f"{pay}: no revision within the last year",
    ]
    assert "Olga" not in str(lines)


def test_what_was_overdue_before_stays_so_until_it_is_done_and_what_comes_later_is_left_out(owner: Any) -> None:
    cards, loans = policy("Cards"), policy("Loans")
    revision(cards, owner, "2024", day(2, 1, 2025), signed=day(1, 5))
    revision(loans, owner, "2024", day(11, 1, 2025), signed=day(4, 1))
    words, lines = block()
    assert words.startswith("0 revisions were due in the quarter, 1 signed in it (1 to change), 1 overdue at its end.")
    assert [line.rpartition(": ")[2] for line in lines] == ["signed, change", "overdue"]


def test_a_running_quarter_counts_until_now(owner: Any) -> None:
    revision(policy("Cards"), owner, "2025", day(3, 20))
    words, lines = block(now=day(3, 1))
    assert words.startswith("1 revision was due in the quarter, 0 signed in it, 0 overdue at its end.")
    assert lines[0].endswith(": open")


def test_a_unit_has_its_policies_and_an_installation_without_any_has_none(owner: Any) -> None:
    assert block()[0].startswith("No revision was due or signed in the quarter")
    cards = policy("Cards")
    policy("Loans")
    revision(cards, owner, "2025", day(2, 1))
    assert len(block()[1]) == 2
    assert [line.partition(",")[0] for line in block([cards.service.business_unit_id])[1]] == [str(cards)]


def test_the_quarterly_look_at_thresholds_stands_by_itself(owner: Any) -> None:
    cards = policy("Cards")
    revision(cards, owner, "2025", day(2, 1))
    PolicyReview.objects.create(
        policy=cards, kind="thresholds", period="2026Q1", period_start=QUARTER.start, period_end=QUARTER.end, assigned_to=owner,
        opened_at=AFTER - timedelta(days=1), due_at=AFTER + timedelta(days=20),
    )  # fmt: skip
    blocks = {each["key"]: each for each in gathered(QUARTER, None, AFTER)["blocks"]}
    assert blocks["policy_reviews"]["lines"] == [f"{cards}, quarterly threshold review of 2026Q1: open"]
    assert len(blocks["annual_revision"]["lines"]) == 1


@pytest.mark.parametrize("many", [1, 9])
def test_it_takes_as_many_queries_whatever_there_is(owner: Any, many: int, django_assert_num_queries: Any) -> None:
    for number in range(many):
        revision(policy(f"Policy{number}"), owner, "2025", day(2, 1))
    with django_assert_num_queries(13):
        gathered(QUARTER, None, AFTER)
