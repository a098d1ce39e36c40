"""What changed against the quarter before, and between two statements of the same quarter."""

from hypothesis import given
from hypothesis import strategies as st

from reports.metrics import definitions
from reports.quarterly.changes import compared, different, lists_compared
from tests.factories.reports import fact, small_quarter

ALL = (*definitions.METRICS, *definitions.COVERAGE)


def test_every_figure_that_is_one_number_stands_beside_the_one_before() -> None:
    now, before = definitions.measured(ALL, small_quarter()), definitions.measured(ALL, small_quarter()[:2])
    told = {change.key: change for change in compared(now, before)}
    assert (told["incidents_opened"].now, told["incidents_opened"].before, told["incidents_opened"].words) == ("6", "2", "4 more")
    assert told["sla_breached"].words == "1 more"
    assert "incidents_by_priority" not in told
    assert told["time_to_resolve_seconds"].title == "Time to resolve, median"
    assert told["time_to_acknowledge_seconds"].words == "30 s less"


def test_an_empty_quarter_is_compared_without_a_time() -> None:
    empty, one = definitions.measured(ALL, []), definitions.measured(ALL, [fact(acknowledged=60)])
    told = {change.key: change for change in compared(one, empty)}
    assert (told["time_to_acknowledge_seconds"].before, told["time_to_acknowledge_seconds"].words) == ("–", "not comparable")
    assert told["time_to_resolve_seconds"].words == ""
    assert {change.words for change in compared(empty, empty)} == {"the same", ""}
    assert compared({}, empty) == []


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_difference_has_the_right_direction(now: int, before: int) -> None:
    words = compared({"reopened": now}, {"reopened": before})[0].words
    assert words == "the same" if now == before else words.endswith("more" if now > before else "less")
    assert (different({"reopened": now}, {"reopened": before}) == []) == (now == before)


def test_rows_of_two_statements_are_compared_by_what_stays_of_them() -> None:
    before = [{"pattern": "a", "title": "Late", "state": "accepted"}, {"pattern": "b", "title": "Confused", "state": "accepted"}]
    now = [{"pattern": "a", "title": "Late", "state": "dismissed"}, {"pattern": "c", "title": "New", "state": "accepted"}]
    assert lists_compared(now, before, name="Finding", by="pattern") == [
        "Finding added: “New”.",
        "Finding changed: “Late” (state).",
        "Finding left out: “Confused”.",
    ]
    assert lists_compared(before, before, name="Finding", by="pattern") == []


def test_what_is_written_alike_is_not_told_as_seconds_more() -> None:
    now, before = ({"time_to_resolve_seconds": {"p50": seconds}} for seconds in (4922.5, 4915.0))
    change = compared(now, before)[0]
    assert (change.now, change.words) == (change.before, "about the same")
    assert different(now, before) == []
