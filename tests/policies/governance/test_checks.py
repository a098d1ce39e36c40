"""Every check has a policy that it speaks about and one about which it is silent; and the document lists them all."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from policies.decisions.findings import CHECKS, Weight
from policies.decisions.rota import RotaPerson, RotaSnapshot
from policies.decisions.ruleset import CriterionRule, LevelRule, PolicySnapshot, TargetRule, ThresholdRule
from policies.decisions.vocabulary import Comparison, Severity
from policies.governance.checks import Facts, check

SINCE = datetime(2026, 4, 1, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ANA, TOM, SOFIA, OMAR, KIM, LEE, OLGA = range(1, 8)
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "rules" / "checks.md"
Case = tuple[PolicySnapshot, Facts]


def targets(*people: int, schedule: int | None = None) -> tuple[TargetRule, ...]:
    rules = [TargetRule(place, person, None, f"Person {person}") for place, person in enumerate(people, start=1)]
    return (*rules, *([TargetRule(len(rules) + 1, None, schedule, "Payments")] if schedule else []))


def level(number: int, who: tuple[TargetRule, ...], window: int = 15, wait: int = 5) -> LevelRule:
    return LevelRule(number, f"Line {number}", "functional", window * MINUTE, wait * MINUTE, who)


def when(comparison: str, value: int, measure: str = "latency_ms", window: int = 10, lasting: int = 0) -> CriterionRule:
    return CriterionRule(measure, Comparison(comparison), Decimal(value), window * MINUTE, lasting * MINUTE)


def threshold(name: str, severity: str, *criteria: CriterionRule, combine: str = "all", start: int = 1) -> ThresholdRule:
    return ThresholdRule(name, combine, Severity(severity), start, criteria)


LEVELS = (level(1, targets(ANA, TOM)), level(2, targets(SOFIA, schedule=7)))
SLOW, DOWN = threshold("Slow", "SEV3", when(">=", 900)), threshold("Very slow", "SEV2", when(">=", 3000), start=2)
ROTA = RotaSnapshot("Payments", "UTC", date(2026, 1, 5), time(9), 7, (RotaPerson(KIM, "Kim"), RotaPerson(LEE, "Lee")))
GOOD = PolicySnapshot((SLOW, DOWN), LEVELS, timedelta(hours=4))
FACTS = Facts(SINCE, OLGA, "Olga", rotas={7: ROTA})


def levels(*rules: LevelRule) -> Case:
    return replace(GOOD, levels=rules), FACTS


def thresholds(*rules: ThresholdRule) -> Case:
    return replace(GOOD, thresholds=rules), FACTS


def knowing(**facts: object) -> Case:
    return GOOD, replace(FACTS, **facts)  # type: ignore[arg-type]


def rota(**fields: object) -> Case:
    return knowing(rotas={7: replace(ROTA, **fields)})  # type: ignore[arg-type]


# One policy for each check that makes it speak; the good policy makes none speak but the note that is always there.
SPEAKS: dict[str, Callable[[], Case]] = {
    "level.none": lambda: levels(),
    "level.numbers": lambda: levels(LEVELS[0], replace(LEVELS[1], number=3)),
    "level.no_people": lambda: levels(LEVELS[0], level(2, ())),
    "level.nobody_left": lambda: knowing(gone=frozenset({ANA, TOM})),
    "level.unreachable": lambda: knowing(unreachable=frozenset({ANA, TOM})),
    "level.one_person": lambda: levels(level(1, targets(ANA)), LEVELS[1]),
    "level.window_past_milestone": lambda: levels(level(1, targets(ANA, TOM), window=241), LEVELS[1]),
    "target.left": lambda: knowing(gone=frozenset({ANA})),
    "target.empty_schedule": lambda: rota(rotation=()),
    "target.no_contact": lambda: knowing(unreachable=frozenset({TOM})),
    "target.twice": lambda: levels(level(1, targets(ANA, TOM, ANA), wait=4), LEVELS[1]),
    "target.adjacent": lambda: levels(LEVELS[0], level(2, targets(TOM, schedule=7))),
    "target.never_reached": lambda: levels(level(1, targets(ANA, TOM), wait=15), LEVELS[1]),
    "threshold.none": lambda: thresholds(),
    "threshold.no_condition": lambda: thresholds(SLOW, replace(DOWN, criteria=())),
    "threshold.no_such_level": lambda: thresholds(SLOW, replace(DOWN, start_level=3)),
    "threshold.contradiction": lambda: thresholds(threshold("Odd", "SEV3", when(">", 900), when("<=", 900))),
    "threshold.inverted": lambda: thresholds(replace(SLOW, severity=Severity.SEV1), DOWN),
    "threshold.overlap": lambda: thresholds(SLOW, replace(DOWN, severity=Severity.SEV3, start_level=1)),
    "threshold.gap": lambda: thresholds(threshold("Band", "SEV3", when(">=", 900), when("<", 2000)), DOWN),
    "severity.gap": lambda: thresholds(SLOW, replace(DOWN, severity=Severity.SEV1)),
    "condition.impossible": lambda: thresholds(threshold("Odd", "SEV3", when(">", 100, "affected_users_percent"))),
    "condition.always": lambda: thresholds(threshold("Odd", "SEV3", when(">=", 0))),
    "condition.window": lambda: thresholds(threshold("Odd", "SEV3", when(">=", 900, lasting=11))),
    "condition.twice": lambda: thresholds(threshold("Odd", "SEV3", when(">=", 900), when(">=", 900))),
    "coverage.gap": lambda: rota(starts_on=date(2026, 4, 6)),
    "schedule.left": lambda: knowing(gone=frozenset({KIM})),
    "schedule.no_contact": lambda: knowing(unreachable=frozenset({LEE})),
    "schedule.clock_change": lambda: knowing(since=SINCE - timedelta(days=30), rotas={7: replace(ROTA, time_zone="Europe/Madrid")}),
    "owner.left": lambda: knowing(gone=frozenset({OLGA})),
    "owner.no_contact": lambda: knowing(unreachable=frozenset({OLGA})),
    "pathway.worst_case": lambda: (GOOD, FACTS),
}


def ids(case: Case) -> list[str]:
    return [finding.id for finding in check(*case)]


@pytest.mark.parametrize("name", CHECKS)
def test_each_check_speaks_about_its_policy(name: str) -> None:
    findings = [finding for finding in check(*SPEAKS[name]()) if finding.id == name]
    assert findings
    for finding in findings:
        assert finding.place
        assert finding.text
        assert (finding.weight, finding.remedy) == (CHECKS[name].weight, CHECKS[name].remedy)


def test_each_check_is_silent_about_a_good_policy() -> None:
    assert ids((GOOD, FACTS)) == ["pathway.worst_case"]
    assert ids(levels()).count("pathway.worst_case") == 0


def test_errors_come_first_and_notes_last() -> None:
    weights = [finding.weight for finding in check(replace(GOOD, thresholds=()), replace(FACTS, gone=frozenset({ANA, TOM})))]
    assert weights == sorted(weights, key=list(Weight).index)
    assert {Weight.ERROR, Weight.WARNING, Weight.NOTE} == set(weights)


def test_the_worst_case_is_told_in_numbers() -> None:
    (note,) = check(GOOD, FACTS)
    assert "reaches level 1 at once and level 2 after 15 min; after 30 min nobody is left" in note.text


def test_a_gap_is_told_from_and_to_in_the_zone_of_the_schedule() -> None:
    content, facts = knowing(rotas={7: replace(ROTA, time_zone="Europe/Madrid", starts_on=date(2026, 4, 6))})
    (gap,) = (finding for finding in check(content, facts) if finding.id == "coverage.gap")
    assert "from 01 Apr 2026, 11:00 CEST to 06 Apr 2026, 09:00 CEST (Europe/Madrid)" in gap.text


def test_a_clock_change_is_told_with_its_effect() -> None:
    content, facts = SPEAKS["schedule.clock_change"]()
    (note,) = (finding for finding in check(content, facts) if finding.id == "schedule.clock_change")
    assert "on 29 Mar 2026, 03:00 CEST: the shift of that time is 1 h shorter" in note.text


def test_an_unfinished_draft_is_checked_without_a_fall() -> None:
    assert ids((PolicySnapshot((), (), None), replace(FACTS, rotas={}))) == ["level.none", "threshold.none"]


def test_the_document_says_what_the_code_does() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| (\w+) \| (.+?) \| (.*?) \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert rows == [(known.id, known.weight.value, known.says, known.remedy or "–") for known in CHECKS.values()]
