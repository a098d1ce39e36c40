"""The figures of a record: cases by hand, and a slow computation of their own beside them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.accountability import definitions
from reports.accountability.definitions import FEWEST, MEASURES, Alert, Outcome, Record, Signed
from reports.accountability.paper import as_markdown
from reports.accountability.wording import LINES, TOO_FEW, parts_of

pytestmark = pytest.mark.the_same_on_any_database
FRIDAY = datetime(2026, 10, 2, 12, tzinfo=UTC)


def alert(hours: float, lasts: float = 0.25, outcome: Outcome = Outcome.ANSWERED) -> Alert:
    at = FRIDAY + timedelta(hours=hours)
    return Alert(at, at + timedelta(hours=lasts), outcome)


def test_nothing_at_all_is_told_as_nothing() -> None:
    assert {line.text for part in parts_of(Record()) for line in part.lines} == {"none", "nothing to compare with"}


def test_nights_and_weekends_are_those_of_the_persons_own_clock() -> None:
    # In Tokyo 21:59 and 22:00 on the Friday, 05:59 and 06:00 on the Saturday after; in UTC daytime on the Friday.
    moments = tuple(alert(minutes / 60) for minutes in (59, 60, 9 * 60 - 1, 9 * 60))
    tokyo, utc = (definitions.alerts_received(Record(zone=zone, alerts=moments)) for zone in ("Asia/Tokyo", "UTC"))
    assert (tokyo["at_night"], tokyo["at_weekend"]) == (2, 2)
    assert (utc["at_night"], utc["at_weekend"]) == (0, 0)


def test_an_hour_that_the_clocks_skip_is_told_by_the_clocks() -> None:
    # 00:30 UTC of the last Sunday in March is 01:30 in Madrid, 01:30 UTC is 03:30.
    start = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    alerts = tuple(Alert(start + timedelta(hours=h), start + timedelta(hours=h + 1), Outcome.OPEN) for h in (0, 1, 3, 4))
    assert definitions.alerts_received(Record(zone="Europe/Madrid", alerts=alerts))["at_night"] == 3


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 10)), max_size=25))
def test_most_at_once_is_what_a_walk_through_every_hour_finds(spans: list[tuple[int, int]]) -> None:
    alerts = tuple(alert(begins, lasts) for begins, lasts in spans)
    hours = [sum(begins <= hour < begins + lasts for begins, lasts in spans) for hour in range(60)]
    assert definitions.alerts_received(Record(alerts=alerts))["at_once"] == max(max(hours), int(bool(spans)))


@given(st.lists(st.integers(0, 50), max_size=12), st.integers(0, 12))
def test_usual_is_the_median_of_the_team_or_nothing_in_a_small_one(beside: list[int], own: int) -> None:
    told = definitions.alerts_received(Record(alerts=tuple(alert(each) for each in range(own)), beside=tuple(beside)))["usual"]
    counts = [*beside, own]
    if len(counts) < FEWEST:
        assert told is None
    else:
        assert sum(each <= told for each in counts) >= len(counts) / 2
        assert sum(each >= told for each in counts) >= len(counts) / 2


def test_only_those_that_needed_an_answer_count_for_the_share() -> None:
    alerts = tuple(alert(place, outcome=outcome) for place, outcome in enumerate([*Outcome, *Outcome, Outcome.ANSWERED]))
    told = definitions.alerts_answered(Record(alerts=alerts))
    assert told == {"answered": 3, "passed_on": 2, "spared": 2, "open": 2, "asked": 5, "share": 60.0}


def test_a_hand_off_that_was_withdrawn_counts_for_nobody() -> None:
    given = (Signed(True, "signed"), Signed(False, "open"), Signed(True, "open"), Signed(False, "withdrawn"), Signed(True, "waived"))
    assert definitions.hand_offs_given(Record(given=given)) == {"count": 4, "signed": 1, "unsigned": 1}


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 30))
def test_a_handful_is_never_told(answered: int, passed: int, others: int) -> None:
    alerts = tuple(alert(n) for n in range(answered)) + tuple(alert(n, outcome=Outcome.PASSED_ON) for n in range(passed))
    record = Record(alerts=alerts, everybody=len(alerts) + others, drills=(passed, answered))
    for part in parts_of(record):
        for line in part.lines:
            share = "hare" in line.words
            if line.value is not None and not share and not line.words.startswith(("Most", "Usual")) and part.name != "knowledge":
                assert line.value == 0 or line.value >= FEWEST, line
    shares = {line.words: line for part in parts_of(record) for line in part.lines if "hare" in line.words}
    total = answered + passed
    is_small = any(0 < each < FEWEST for each in (answered, passed))
    # Beside the number of those answered, the share would tell a handful that were not.
    assert (shares["Share answered, of those that needed an answer"].value is None) == (total < FEWEST or is_small)
    assert total == 0 or (shares["Share of everybody's alerts"].text == TOO_FEW) == (total < FEWEST)


def test_every_figure_has_its_words_and_a_definition() -> None:
    assert set(LINES) == {function.__name__ for function, _, _ in MEASURES}
    filled = Record(alerts=(alert(0),), given=(Signed(True, "signed"),), received=(Signed(True, "open"),))
    for function, _, _ in MEASURES:
        assert function.__doc__
        found = function(filled)
        known = set(found) | {"approvals", "policy_reviews", "log_entries", "access_answers"}
        assert {name for _, name, _ in LINES[function.__name__]} <= known


def test_the_published_page_says_what_the_docstrings_say() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "accountability.md"
    assert page.read_text(encoding="utf-8") == as_markdown(), "python -m reports.accountability.paper > docs/accountability.md"
