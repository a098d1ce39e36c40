"""What keeps a pathway from being submitted."""

from datetime import timedelta

from policies.decisions.vocabulary import LevelRule, TargetRule
from policies.pathways.checks import check_levels


def target(position: int, name: str = "Ana", person: int | None = 1, schedule: int | None = None) -> TargetRule:
    return TargetRule(position, person, schedule, name)


def level(number: int, *targets: TargetRule, window: int = 15, wait: int = 5) -> LevelRule:
    return LevelRule(number, f"Line {number}", "functional", timedelta(minutes=window), timedelta(minutes=wait), targets)


def blocking(*levels: LevelRule, **known: set[int]) -> list[str]:
    return [finding.text for finding in check_levels(levels, **known) if finding.blocking]


def test_a_good_pathway_has_no_findings() -> None:
    assert check_levels([level(1, target(1), target(2, "Tom", 2)), level(2, target(1, "Rota", None, 7))]) == []


def test_no_levels_and_a_level_without_people_block() -> None:
    assert "nobody would be alerted" in blocking()[0]
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
    assert not blocking(both, nobody_on={7})
    assert "Nobody is in the rotation of Rota" in check_levels([both], nobody_on={7})[0].text
    assert blocking(both, nobody_on={7}, gone={2})


def test_somebody_unreachable_or_named_twice_is_worth_a_look() -> None:
    texts = [finding.text for finding in check_levels([level(1, target(1), target(2))], unreachable={1})]
    assert any("no active contact point" in text for text in texts)
    assert any("twice" in text for text in texts)
    assert not blocking(level(1, target(1), target(2)), unreachable={1})
