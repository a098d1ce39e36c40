"""A snapshot written out and read back is the same, whatever it says."""

from dataclasses import replace

from policies.decisions.frozen import snapshot_from
from policies.decisions.plain import plain
from policies.decisions.ruleset import NOTHING
from portal.foundation.canonical import canonical_json
from tests.policies.everything import FULL


def test_everything_and_nothing_read_back_the_same() -> None:
    for content in (FULL, NOTHING, replace(FULL, resolve_within=None)):
        assert snapshot_from(plain(content)) == content


def test_it_is_data_that_can_be_hashed() -> None:
    told = plain(FULL)
    assert canonical_json(told)
    assert told["levels"][0]["reminders_seconds"] == [300, 120]
    assert told["thresholds"][0]["criteria"][1]["value"] == "1500.5"
    assert told["matrix"][1] == {"impact": 1, "urgency": 2, "priority": 2}


def test_a_content_from_before_there_was_a_silence_says_nothing_about_it() -> None:
    content = plain(FULL)
    del content["silent_after_seconds"]
    assert snapshot_from(content).silent_after is None


def test_levels_places_and_reminders_are_read_in_their_order_however_they_were_written() -> None:
    content = plain(FULL)
    for level in content["levels"]:
        level["targets"].reverse()
        level["reminders_seconds"].reverse()
    content["levels"].reverse()
    assert snapshot_from(content) == FULL
    assert any(len(level.targets) > 1 for level in FULL.levels)
    assert len(FULL.levels) > 1


def test_what_was_worked_out_from_a_content_is_no_part_of_it() -> None:
    asked = replace(FULL)
    assert asked.at_pace_of("SEV1") is asked.at_pace_of("SEV1") != asked
    assert (asked, plain(asked)) == (FULL, plain(FULL))
