"""Expected beside actual."""

from datetime import timedelta

from incidents.drills.comparing import Moment, compare, verdict

S = timedelta(seconds=1)


def step(after: int, action: str = "paged", level: int = 1, person: str = "Ana", position: int | None = 1) -> Moment:
    return Moment(after * S, "technical", action, level, position, person)


def test_a_step_that_happens_in_time_to_the_same_person_is_as_expected() -> None:
    (pair,) = compare([step(60)], [step(63)], over_after=300 * S, answered={})
    assert pair.difference == ""


def test_another_person_and_a_late_step_are_differences_in_words() -> None:
    (pair,) = compare([step(60)], [step(185, person="Tom")], over_after=300 * S, answered={})
    assert pair.difference == "Tom instead of Ana. 2 min 5 s later than expected."


def test_what_was_expected_and_did_not_happen_is_a_difference() -> None:
    (pair,) = compare([step(60)], [], over_after=300 * S, answered={})
    assert (pair.actual, pair.difference) == (None, "It did not happen.")


def test_steps_after_an_answer_or_after_the_end_were_not_needed() -> None:
    foretold = [step(0), step(60, level=2), step(600, level=3)]
    assert len(compare(foretold, [step(0)], over_after=3000 * S, answered={"technical": 30 * S})) == 1
    assert len(compare(foretold, [step(0), step(60, level=2)], over_after=90 * S, answered={})) == 2


def test_what_nobody_expected_stands_at_its_time() -> None:
    pairs = compare([step(60, level=2)], [step(5, "reminded"), step(60, level=2)], over_after=90 * S, answered={})
    assert [pair.difference for pair in pairs] == ["Nobody expected it.", ""]


def test_the_verdict_says_how_many_differ_and_when_somebody_answered() -> None:
    pairs = compare([step(0), step(60)], [step(0)], over_after=90 * S, answered={})
    assert verdict(pairs, {"technical": 65 * S}) == "2 steps, 1 of them other than expected. Answered after 1 min 5 s."
    assert verdict([], {}) == "No step was taken. Nobody answered."
