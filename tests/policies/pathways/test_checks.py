"""What the checks say about a pathway beyond the table of tests/policies/governance/test_checks.py."""

from datetime import timedelta
from typing import Any

from policies.decisions.findings import Finding
from policies.decisions.ruleset import LevelRule, TargetRule
from policies.pathways.checks import check_levels
from policies.pathways.people import People


def target(position: int, name: str = "Ana", person: int | None = 1, schedule: int | None = None) -> TargetRule:
    return TargetRule(position, person, schedule, name)


def level(number: int, *targets: TargetRule, window: int = 15, wait: int = 5) -> LevelRule:
    return LevelRule(number, f"Line {number}", "functional", timedelta(minutes=window), timedelta(minutes=wait), targets)


def checked(*levels: LevelRule, resolve_within: timedelta | None = None, **known: Any) -> list[Finding]:
    told: dict[str, Any] = {name: frozenset(value) if isinstance(value, set) else value for name, value in known.items()}
    return check_levels(levels, People(**told), resolve_within=resolve_within)


def ids(*levels: LevelRule, **known: Any) -> list[str]:
    return [finding.id for finding in checked(*levels, **known)]


def texts(*levels: LevelRule, **known: Any) -> str:
    return " ".join(finding.text for finding in checked(*levels, **known))


def blocking(*levels: LevelRule, **known: Any) -> list[str]:
    return [finding.text for finding in checked(*levels, **known) if finding.blocking]


def test_a_good_pathway_has_no_findings() -> None:
    assert ids(level(1, target(1), target(2, "Tom", 2)), level(2, target(1, "Rota", None, 7)), rotations={7: {3, 4}}) == []


def test_a_level_without_people_blocks_and_a_track_without_levels_says_nothing() -> None:
    assert not ids()
    assert "Level 1 (Line 1) alerts nobody" in blocking(level(1))[0]


def test_gaps_in_the_numbers_block() -> None:
    assert "numbered 1 and 3: 2 is missing" in blocking(level(1, target(1)), level(3, target(1)))[0]
    assert "1 is missing" in blocking(level(2, target(1)))[0]


def test_a_backup_that_the_window_does_not_reach_blocks() -> None:
    people = [target(place, name, place) for place, name in enumerate(("Ana", "Tom", "Sofia", "Omar"), start=1)]
    assert "Omar would never be alerted in level 1" in blocking(level(1, *people))[0]
    assert "Sofia and Omar would never" in blocking(level(1, *people, window=10))[0]
    assert not blocking(level(1, *people, window=16))


def test_a_level_blocks_only_when_nobody_in_it_is_left() -> None:
    both = level(1, target(1, "Rota", None, 7), target(2, "Tom", 2))
    assert not blocking(both, rotations={7: ()})
    assert "Nobody is in the rotation of Rota." in texts(both, rotations={7: ()})
    assert "Nobody is left in level 1" in blocking(both, rotations={7: ()}, gone={2})[0]


def test_a_rotation_of_people_who_all_left_counts_as_empty() -> None:
    assert blocking(level(1, target(1, "Rota", None, 7)), rotations={7: {3, 4}}, gone={3, 4})


def test_places_are_named_as_people_name_them() -> None:
    found = checked(level(2, target(1, "Tom", 2), target(2, "Ana", 1)), gone={1})
    assert ("target.left", "Level 2, backup 1") in [(finding.id, finding.place) for finding in found]


def test_a_level_that_nobody_reaches_is_one_finding_and_not_one_for_each() -> None:
    pair = level(1, target(1), target(2, "Tom", 2))
    assert ids(pair, unreachable={1, 2}) == ["level.unreachable"]
    assert ids(pair, unreachable={2}) == ["target.no_contact"]
    assert ids(level(1, target(1, "Rota", None, 7)), rotations={7: {3, 4}}, unreachable={3, 4}) == ["level.unreachable"]


def test_the_same_person_behind_a_schedule_is_still_one_person() -> None:
    assert "level.one_person" in ids(level(1, target(1, "Rota", None, 7), target(2, "Ana", 1)), rotations={7: {1}})


def test_a_window_as_long_as_the_milestone_is_fine() -> None:
    pair = level(1, target(1), target(2, "Tom", 2), window=60)
    assert ids(pair, resolve_within=timedelta(minutes=60)) == []
    assert ids(pair, resolve_within=timedelta(minutes=59)) == ["level.window_past_milestone"]


def role(holder: int | None, deputy: int | None, **known: Any) -> list[str]:
    target_ = TargetRule(1, None, None, "Head of payments", role_id=31)
    return ids(level(1, target_, target(2, "Tom", 2)), roles={31: (holder, deputy)}, **known)


def test_a_deputy_stands_in_for_a_holder_who_left_and_that_is_told() -> None:
    assert role(5, 6) == []
    assert role(5, 6, gone={5}) == role(None, 6) == ["target.no_holder"]
    assert role(5, 6, gone={5, 6}) == ["target.no_holder", "level.one_person"]
    assert role(5, 6, unreachable={5, 6}) == ["target.no_contact"]
    assert role(5, 6, unreachable={5, 6}, only_email={5, 6}) == ["target.only_email"]
    assert role(5, None, unverified={5}) == ["contact.unverified"]


def test_a_team_stands_for_everybody_in_all_its_schedules() -> None:
    on_call = level(1, TargetRule(1, None, None, "on call in Payments", team_id=41))
    assert ids(on_call, teams={41: (7, 8)}, rotations={7: (3,), 8: (4,)}) == []
    assert ids(on_call, teams={41: (7, 8)}, rotations={7: (3,), 8: ()}) == ["level.one_person"]
    assert ids(on_call, teams={41: ()}) == ["level.nobody_left"]
    assert "There is no schedule for on call in Payments." in texts(on_call, teams={41: ()})
    assert ids(on_call, teams={41: (7, 8)}, rotations={7: (3, 4), 8: (5,)}, gone={3, 4, 5}) == ["level.nobody_left"]


def test_a_level_in_which_nobody_is_verified_is_one_finding() -> None:
    pair = level(1, target(1), target(2, "Tom", 2))
    assert ids(pair, unverified={1}, expired={2}) == ["level.unverified"]
    assert ids(pair, unverified={1}, unreachable={2}) == ["level.unverified", "target.no_contact"]
    assert ids(pair, unverified={1, 2}, gone={2}) == ["target.left", "level.unverified", "level.one_person"]
    assert ids(pair, expired={1}) == ["contact.expired"]


def test_e_mail_only_blocks_even_where_somebody_else_can_be_reached() -> None:
    pair = level(1, target(1), target(2, "Tom", 2))
    assert ids(pair, unreachable={1}, only_email={1}) == ["target.only_email"]
    assert ids(pair, unreachable={1, 2}, only_email={1}) == ["target.only_email", "level.unreachable"]
    assert blocking(pair, unreachable={1}, only_email={1})
