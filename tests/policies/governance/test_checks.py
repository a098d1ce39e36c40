"""Every check has a policy that it speaks about and one about which it is silent; and the document lists them all."""

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from policies.decisions.findings import CHECKS, Finding, Weight
from policies.decisions.ruleset import NOTHING, SeverityRule
from policies.decisions.vocabulary import Scope, Severity, Track
from policies.governance.checks import check
from policies.governance.promises import Served
from policies.pathways.people import People

from .cases import PAIRS
from .cases.base import (
    ANA,
    FACTS,
    GOOD,
    LEVELS,
    MINUTE,
    TOM,
    Case,
    beside,
    exception,
    good,
    knowing,
    legal,
    level,
    message,
    payments_rota,
    people,
    saying,
    serving,
    targets,
    without,
)

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "rules" / "checks.md"


def ids(case: Case) -> list[str]:
    return [finding.id for finding in check(*case)]


def only(case: Case, name: str) -> list[Finding]:
    return [finding for finding in check(*case) if finding.id == name]


def test_every_check_has_its_pair_and_no_pair_is_left_over() -> None:
    assert list(PAIRS) == list(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_each_check_speaks_about_its_policy_and_is_silent_about_another(name: str) -> None:
    speaks, silent = PAIRS[name]
    findings = only(speaks(), name)
    assert findings
    for finding in findings:
        assert finding.place
        assert finding.text
        assert (finding.weight, finding.remedy) == (CHECKS[name].weight, CHECKS[name].remedy)
    assert not only(silent(), name)


def test_no_check_has_anything_to_say_about_a_good_policy_but_how_long_it_takes() -> None:
    assert ids(good()) == ["pathway.worst_case"] * 2


def test_errors_come_first_and_notes_last() -> None:
    weights = [finding.weight for finding in check(replace(GOOD, thresholds=()), people(gone=frozenset({ANA, TOM}))[1])]
    assert weights == sorted(weights, key=list(Weight).index)
    assert {Weight.ERROR, Weight.WARNING, Weight.NOTE} == set(weights)


def test_the_worst_case_is_told_in_numbers_for_each_track_and_severity() -> None:
    rules = (SeverityRule(Severity.SEV1, 2, 50),)
    technical, fast, compliance = (finding.text for finding in check(*saying(severity_rules=rules, repeats=1)))
    assert "an incident reaches level 1 at once and level 2 after 15 min; after 1 h, the way beginning 1 more time nobody" in technical
    assert "a SEV1 incident reaches level 2 at once; after 15 min, the way" in fast
    assert "reaches compliance level 1 at once; after 1 h nobody is left" in compliance


def test_a_gap_is_told_from_and_to_in_the_zone_of_the_schedule() -> None:
    case = knowing(rotas={7: payments_rota(time_zone="Europe/Madrid", starts_on=date(2026, 4, 6))})
    (gap,) = only(case, "coverage.gap")
    assert "from 01 Apr 2026, 11:00 CEST to 06 Apr 2026, 09:00 CEST (Europe/Madrid)" in gap.text


def test_a_clock_change_is_told_with_its_effect() -> None:
    (note,) = only(PAIRS["schedule.clock_change"][0](), "schedule.clock_change")
    assert "on 29 Mar 2026, 03:00 CEST: the shift of that time is 1 h shorter" in note.text


def test_an_unfinished_draft_is_checked_without_a_fall() -> None:
    told = ids((NOTHING, replace(FACTS, rotas={})))
    assert told == ["policy.says_nothing", "level.none", "threshold.none", "track.personal_data", "announcement.none"]


def test_a_policy_without_levels_lives_on_those_of_a_broader_one() -> None:
    content = replace(GOOD, levels=(), resolve_within=None, compliance_levels=())
    findings = check(*beside(content, GOOD))
    assert [finding.id for finding in findings] == ["pathway.worst_case"] * 2
    assert all(finding.inherited == "Everywhere v3" for finding in findings)
    assert "Everywhere v3 says so, which speaks for the whole organisation." in findings[0].text


def test_start_levels_are_held_against_the_levels_that_will_count() -> None:
    content = replace(GOOD, levels=(), resolve_within=None, exceptions=(exception(start_level=2),))
    one_level = replace(GOOD, levels=LEVELS[:1])
    threshold, rule = (finding for finding in check(*beside(content, one_level)) if finding.blocking)
    assert (threshold.id, rule.id) == ("threshold.no_such_level", "exception.no_such_level")
    assert threshold.text.endswith("starts at level 2, which does not exist. The levels are those of Everywhere v3.")


def test_levels_that_cut_off_a_broader_start_level_are_warned_of() -> None:
    content = replace(GOOD, levels=LEVELS[:1], thresholds=())
    broader = replace(GOOD, exceptions=(exception(),))
    told = [(finding.id, finding.weight) for finding in check(*beside(content, broader)) if finding.inherited]
    assert ("threshold.no_such_level", Weight.WARNING) in told
    assert ("exception.no_such_level", Weight.WARNING) in told


def test_what_has_become_wrong_in_an_inherited_track_is_told_and_blocks_nothing() -> None:
    content, facts = beside(replace(GOOD, levels=(), resolve_within=None), GOOD)
    (finding,) = only((content, replace(facts, people=People(gone=frozenset({ANA, TOM})))), "level.nobody_left")
    assert (finding.weight, finding.inherited) == (Weight.WARNING, "Everywhere v3")


def test_what_was_accepted_in_a_broader_policy_is_not_asked_again() -> None:
    content = replace(GOOD, levels=(), resolve_within=None)
    alone = replace(GOOD, levels=(level(1, targets(ANA)), LEVELS[1]))
    assert "level.one_person" not in ids(beside(content, alone))


def test_a_broader_policy_needs_no_levels_nor_thresholds_of_its_own() -> None:
    content = replace(NOTHING, matrix=((1, 1, 1),))
    told = ids((content, replace(FACTS, scope=Scope.GLOBAL, services=())))
    assert not {"level.none", "threshold.none"} & set(told)


def test_start_levels_of_a_policy_without_levels_anywhere_are_left_to_narrower_ones() -> None:
    content = replace(GOOD, levels=(), resolve_within=None, exceptions=(exception(start_level=4),))
    assert "exception.no_such_level" not in ids((content, replace(FACTS, scope=Scope.TIER)))


@pytest.mark.parametrize("track", list(Track))
def test_levels_of_every_track_are_checked(track: Track) -> None:
    field = {Track.TECHNICAL: "levels", Track.STAKEHOLDER: "stakeholder_levels", Track.COMPLIANCE: "compliance_levels"}[track]
    (finding,) = only(saying(**{field: (level(1, targets(ANA)), level(3, targets(TOM)))}), "level.numbers")
    assert "are numbered 1 and 3: 2 is missing" in finding.text
    assert "level 1" in only(saying(**{field: (level(1, ()),)}), "level.no_people")[0].place.lower()


def test_a_milestone_belongs_to_the_technical_track_only() -> None:
    assert "level.window_past_milestone" not in ids(legal(level(1, targets(ANA, TOM), 300)))


def test_the_strictest_promise_is_named_and_the_others_are_counted() -> None:
    services = tuple(Served(name, promised_response=minutes * MINUTE) for name, minutes in (("Cards", 10), ("App", 5), ("Files", 60)))
    first, _ = only(knowing(services=services), "promise.response")
    assert first.text.endswith("longer than the response promised for App (5 min) and 1 more service.")


def test_a_service_with_levels_of_its_own_is_no_matter_of_a_broader_policy() -> None:
    assert "promise.response" not in ids(serving(promised_response=MINUTE, own_levels=True))


def test_terms_of_law_are_named_with_their_source() -> None:
    (error,) = only(legal(level(1, targets(ANA, TOM), 73 * 60), regulated=True), "law.window")
    assert "1 d (DORA: initial notification), 1 d (NIS2: early warning) and 3 d (GDPR: notification" in error.text
    (warning,) = only(legal(level(1, targets(ANA, TOM), 5 * 60), regulated=True), "law.worst_case")
    assert "The law gives 4 h (DORA: initial notification after classification)." in warning.text


def test_everybody_at_once_counts_with_the_fastest_severity() -> None:
    content = saying(levels=(level(1, targets(ANA, TOM, 4), wait=4), LEVELS[1]), severity_rules=(SeverityRule(Severity.SEV1, None, 10),))
    (finding,) = only(content, "level.everybody_at_once")
    assert "Level 1 alerts 3 people within a minute at SEV1: 24 s lie between them." in finding.text


def test_somebody_unverified_in_a_level_with_a_verified_one_is_named_alone() -> None:
    findings = [finding for finding in check(*without("unverified", ANA, 5)) if finding.id == "contact.unverified"]
    assert [(finding.place, finding.text) for finding in findings] == [
        ("Level 1, primary", "Person 1 has not shown that messages reach them."),
        ("Schedule Payments", "Kim has not shown that messages reach them."),
    ]


def test_hostile_content_is_checked_without_a_fall() -> None:
    long = "x" * 5000
    odd = replace(
        GOOD,
        levels=(level(0, targets(ANA)), level(0, ()), replace(LEVELS[0], number=-1, window=timedelta.max, backup_after=timedelta.max / 20)),
        messages=(message(Track.STAKEHOLDER, number=999, body="{{" * 500 + long),),
        severity_rules=(SeverityRule(Severity.SEV1, -5, 1), SeverityRule(Severity.SEV1, 10**9, 100)),
        matrix=((1, 1, 1), (1, 1, 5)),
        exceptions=(exception(long, start_level=10**6, review_on=date.min), exception(long, review_on=date.max)),
    )
    assert check(odd, FACTS)


def test_the_document_says_what_the_code_does() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| (\w+) \| (.+?) \| (.*?) \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert rows == [(known.id, known.weight.value, known.says, known.remedy or "–") for known in CHECKS.values()]
