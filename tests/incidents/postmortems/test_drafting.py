"""The first draft of a post-mortem, and names that don't belong into one."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents.postmortems.drafting import Moment, course_of, names_within

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_the_course_is_told_by_time_in_roles_and_what_says_nothing_is_left_out() -> None:
    moments = [
        Moment(NOON + timedelta(minutes=31), "acknowledged", 2),
        Moment(NOON, "opened"),
        Moment(NOON + timedelta(minutes=1), "paged", 1),
        Moment(NOON + timedelta(minutes=16), "level", 2),
        Moment(NOON + timedelta(minutes=32), "acknowledged", 2),
        Moment(NOON + timedelta(hours=2), "resolved"),
    ]
    assert course_of(moments).splitlines() == [
        "20 Nov 2026, 12:00 UTC: The incident was opened.",
        "20 Nov 2026, 12:16 UTC: Level 2 was alerted.",
        "20 Nov 2026, 12:31 UTC: Somebody at level 2 acknowledged.",
        "20 Nov 2026, 14:00 UTC: The incident was resolved.",
    ]


def test_nothing_gives_an_empty_course() -> None:
    assert course_of([]) == ""


@pytest.mark.parametrize(
    "text",
    ["Ana Ruiz acknowledged late.", "It was left to (Ana Ruiz).", "Ana Ruiz", "… \U0001f600Ana Ruiz", "Bananas, then Ana Ruiz."],
)
def test_a_name_is_found_wherever_it_stands_as_a_whole(text: str) -> None:
    assert names_within(text, ["Tom Berg", "Ana Ruiz"]) == ["Ana Ruiz"]


@pytest.mark.parametrize("text", ["", "Ana was there", "Diana Ruizo", "ana ruiz", "Ana  Ruiz"])
def test_other_words_are_no_name(text: str) -> None:
    assert names_within(text, ["Ana Ruiz"]) == []


def test_short_names_are_words_too_often_to_be_looked_for() -> None:
    assert names_within("They will act.", ["will", "act."]) == []
