"""Each figure by cases, the awkward ones included."""

from pathlib import Path

import pytest

from reports.accountability.definitions import MEASURES as OF_PERSONS
from reports.accountability.team_definitions import MEASURES as OF_TEAMS
from reports.conformance.published import RULES
from reports.metrics import definitions
from reports.metrics.facts import NegativeDuration, moves_between_known_groups
from reports.packs.learning import MEASURES as LEARNED
from reports.packs.published import as_markdown
from reports.packs.satisfaction import MEASURES as HEARD
from reports.patterns.measures import MEASURES as PATTERNS
from tests.factories.reports import fact, small_quarter

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_the_small_quarter_gives_the_figures_that_were_worked_out_by_hand() -> None:
    assert definitions.measured(definitions.METRICS, small_quarter()) == {
        "incidents_opened": 6,
        "incidents_by_priority": {"P1": 1, "P2": 1, "P3": 2, "P4": 0, "P5": 1, "unknown": 1},
        "sla_breached": 2,
        "reopened": 1,
        "reassigned": 2,
        "with_problem": 1,
        "with_change": 1,
        "functional_escalations": 3,
        # 0, 1, 60, 120, 180.5
        "time_to_acknowledge_seconds": {"count": 5, "mean": 72.3, "p50": 60, "p90": 156.3, "p95": 168.4},
        # 2, 3600, 7200; the one of -60 is an error
        "time_to_resolve_seconds": {"count": 3, "mean": 3600.667, "p50": 3600, "p90": 6480, "p95": 6840},
        "busiest_services": [
            {"service": "Payments", "opened": 4},
            {"service": "#let x = $1 * `2`", "opened": 1},
            {"service": "عربي 🔥", "opened": 1},
        ],
        "negative_durations": 1,
    }
    assert definitions.measured(definitions.COVERAGE, small_quarter()) == {"never_acknowledged": 1, "unresolved": 2, "sla_unknown": 1}


def test_without_incidents_every_figure_is_there_and_nothing() -> None:
    nothing = {"count": 0, "mean": None, "p50": None, "p90": None, "p95": None}
    measured = definitions.measured(definitions.METRICS, [])
    assert measured["incidents_opened"] == 0
    assert measured["incidents_by_priority"] == {"P1": 0, "P2": 0, "P3": 0, "P4": 0}
    assert measured["time_to_acknowledge_seconds"] == measured["time_to_resolve_seconds"] == nothing
    assert measured["busiest_services"] == []


def test_a_zero_duration_counts_and_a_negative_one_is_listed_instead() -> None:
    facts = [fact(number="A", acknowledged=0), fact(number="B", acknowledged=-0.5, resolved=-1), fact(number="C", resolved=10)]
    assert definitions.time_to_acknowledge_seconds(facts)["count"] == 1
    assert definitions.time_to_resolve_seconds(facts) == {"count": 1, "mean": 10, "p50": 10, "p90": 10, "p95": 10}
    assert definitions.negative_durations(facts) == 2
    assert definitions.listed_negative_durations(facts) == [
        NegativeDuration("B", "time to acknowledge", -0.5),
        NegativeDuration("B", "time to resolve", -1),
    ]


def test_an_sla_of_which_nothing_is_known_is_not_a_breach() -> None:
    facts = [fact(made_sla=None), fact(made_sla=True), fact(made_sla=False)]
    assert definitions.sla_breached(facts) == 1
    assert definitions.sla_unknown(facts) == 1


def test_the_busiest_services_are_ten_and_equals_stand_by_name() -> None:
    facts = [fact(service=f"Service {letter}") for letter in "LKJIHGFEDCBA"] + [fact(service="Service L")]
    busiest = [row["service"] for row in definitions.busiest_services(facts)]
    assert busiest == ["Service L", *(f"Service {letter}" for letter in "ABCDEFGHI")]


@pytest.mark.parametrize(
    ("data", "moved"),
    [
        ({"from": "A", "to": "B"}, True),
        ({"from": "A", "to": "A"}, False),
        ({"from": "", "to": "B"}, False),
        ({"from": "A", "to": ""}, False),
        ({"from": None, "to": "B"}, False),
        ({"to": "B"}, False),
        ({}, False),
        (["A", "B"], False),
        (None, False),
    ],
)
def test_only_a_move_between_two_known_groups_is_a_functional_escalation(data: object, moved: bool) -> None:
    assert moves_between_known_groups(data) is moved


def test_every_figure_has_a_published_definition_of_its_own() -> None:
    texts = [definitions.definition_of(function) for function, _, _ in (*definitions.METRICS, *definitions.COVERAGE)]
    assert all(len(text) > 40 and text.endswith(".") for text in texts)
    assert len(set(texts)) == len(texts)


def test_the_documentation_says_what_the_code_says() -> None:
    assert (DOCS / "metrics.md").read_text(encoding="utf-8") == as_markdown(), "run: python -m reports.packs.published > docs/metrics.md"


def test_every_room_that_counts_publishes_each_of_its_figures_once() -> None:
    lines = as_markdown().splitlines()
    parts = [line.removeprefix("## ") for line in lines if line.startswith("## ")]
    assert parts[-8:] == [
        "Dashboards", "Conformance", "Signs of role confusion", "What stands out", "Learning", "Feedback", "Accountability of persons",
        "Accountability of teams",
    ]  # fmt: skip
    wanted = [
        *(rule.__name__ for rule in RULES.values()), *(each.of.__name__ for each in PATTERNS), *(function.__name__ for function, _, _ in LEARNED),
        *(function.__name__ for function, _, _ in HEARD), *(function.__name__ for function, _, _ in OF_PERSONS), *(each.name for each in OF_TEAMS),
    ]  # fmt: skip
    named = [line.split("`")[1] for line in lines if line.startswith("`")]
    assert named[-len(wanted) :] == sorted(wanted, key=named[-len(wanted) :].index)
    told = [lines[place + 2] for place, line in enumerate(lines) if line.startswith("`")]
    assert all(len(text) > 20 and text.endswith(".") for text in told), [text for text in told if not text.endswith(".")]
