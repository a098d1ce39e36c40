"""A policy file: what does not fit is said in words with its line, all of it at once."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from policies.decisions.measures import MEASURES
from policies.decisions.ruleset import CriterionRule, LevelRule, MessageRule, PolicySnapshot, TargetRule, ThresholdRule
from policies.decisions.vocabulary import Audience, Comparison, Severity, Track
from policies.interchange.schema import SCHEMA
from policies.interchange.sections import read
from policies.interchange.writing import write
from portal.foundation.errors import InvalidInput

GOOD = """\
format: escalation-policy/1
policy: Card payments
service: card-payments
resolve_within: 4 h
levels:
  - number: 1
    name: First line
    window: 15 min
    targets:
      - schedule: Payments on call
      - person: ana
thresholds:
  - name: Payments failing
    severity: SEV2
    conditions:
      - measure: transaction_failure_percent
        value: 2.5
        for_at_least: 5 min
"""


def problems(text: str) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        read(text.encode())
    return refused.value.fields[""]


def test_a_file_is_read_with_durations_as_people_say_them_and_numbers_without_loss() -> None:
    told = read(GOOD.encode())
    level, threshold = told.rows
    assert (told.scope, told.subject) == ("service", "card-payments")
    assert told.resolve_within == timedelta(hours=4)
    assert (level.fields["window"], level.fields["backup_after"], level.fields["kind"]) == (
        timedelta(minutes=15),
        timedelta(minutes=5),
        "functional",
    )
    assert [row.fields["position"] for row in level.rows] == [1, 2]
    (criterion,) = threshold.rows
    assert criterion.fields["value"] == Decimal("2.5")
    assert criterion.fields["comparison"] == ">="


WRONG = {
    "a field that does not exist": (
        "window: 15 min",
        "windows: 15 min",
        ["line 8, level 1, windows: there is no such field", "'window' is missing"],
    ),
    "a duration that is none": ("window: 15 min", "window: soon", ["line 8, level 1, window: 'soon' is not a duration."]),
    "a number as a duration": ("window: 15 min", "window: 15", ["line 8, level 1, window: this must be text"]),
    "no time at all": ("window: 15 min", "window: 0 s", ["line 8, level 1, window: this must be longer than nothing."]),
    "a severity that does not exist": ("SEV2", "SEV9", ["line 14, threshold 1, severity: 'SEV9' is not one of SEV1, SEV2, SEV3 and SEV4."]),
    "a number that is none": ("2.5", "many", ["line 17, threshold 1, condition 1, value: 'many' is not a number"]),
    "a number too fine": ("2.5", "2.5001", ["value: '2.5001' is not a number"]),
    "infinity": ("2.5", ".inf", ["value: '.inf' is not a number"]),
    "too many digits": ("2.5", "9" * 12, ["is not a number"]),
    "a measure that is no key": ("transaction_failure_percent", "my mood", ["measure: 'my mood' is not the key of a measure"]),
    "longer than its window": ("5 min", "5 h", ["'for_at_least' cannot be longer than 'window'"]),
    "both a person and a schedule": (
        "- person: ana",
        "  person: ana",
        ["line 10, level 1, target 1: name one of person, schedule, role and team, and only one."],
    ),
    "neither": ("person: ana", "position: 2", ["line 11, level 1, target 2: name one of person, schedule, role and team, and only one."]),
    "text for a number": ("number: 1", "number: one", ["line 6, level 1, number: this must be a whole number."]),
    "truth for a number": ("number: 1", "number: true", ["this must be a whole number"]),
    "level 0": ("number: 1", "number: 0", ["'0' is less than 1"]),
    "an empty name": ("name: First line", "name: ''", ["line 7, level 1, name: this must not be empty."]),
    "a list for a name": ("name: First line", "name: [a]", ["this must be text"]),
    "another format": ("escalation-policy/1", "escalation-policy/2", ["line 1, format: 'escalation-policy/2' is not one of"]),
}


@pytest.mark.parametrize(("old", "new", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_does_not_fit_is_said_where_it_stands(old: str, new: str, said: list[str]) -> None:
    found = "\n".join(problems(GOOD.replace(old, new)))
    for sentence in said:
        assert sentence in found


def test_all_problems_are_told_at_once() -> None:
    assert len(problems(GOOD.replace("SEV2", "SEV9").replace("15 min", "15").replace("2.5", "many"))) == 3


def test_numbers_names_and_positions_stand_once() -> None:
    level = GOOD[GOOD.index("  - number") : GOOD.index("thresholds:")]
    assert "number '1' stands twice" in problems(GOOD.replace("thresholds:", level + "thresholds:"))[0]
    threshold = GOOD[GOOD.index("  - name: Payments failing") :]
    assert "name 'Payments failing' stands twice" in problems(GOOD + threshold)[0]


@pytest.mark.parametrize("text", ["just words", "[]", "5", "null", "levels: 5", "format: escalation-policy/1\nlevels: {}"])
def test_what_is_no_policy_is_refused(text: str) -> None:
    assert problems(text)


def test_a_file_full_of_mistakes_is_answered_briefly() -> None:
    assert len(problems(GOOD + "".join(f"field{number}: 1\n" for number in range(5_000)))) <= 5_000
    assert len(problems(GOOD.replace("thresholds:\n", "thresholds:\n" + "  - 1\n" * 400))) <= 60


def test_the_schema_is_one_and_knows_every_measure() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert all(measure in SCHEMA["$defs"]["condition"]["properties"]["measure"]["description"] for measure in MEASURES)
    assert json.dumps(SCHEMA).isascii()


names = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1, max_size=120)
waits = st.integers(1, 900_000).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def criteria(draw: st.DrawFn) -> CriterionRule:
    window = draw(waits)
    lasting = timedelta(seconds=draw(st.integers(0, int(window.total_seconds()))))
    value = draw(st.decimals(-(10**10), 10**10, places=3)).normalize()
    return CriterionRule(draw(st.sampled_from(sorted(MEASURES))), draw(st.sampled_from(Comparison)), Decimal(f"{value:f}"), window, lasting)


levels = st.builds(
    lambda name, kind, window, wait, people: (name, kind, window, wait, tuple(people)),
    names,
    st.sampled_from(["functional", "hierarchical"]),
    waits,
    waits,
    st.lists(names, max_size=3),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(levels, max_size=4),
    st.lists(st.tuples(names, st.sampled_from(Severity), st.sampled_from(["all", "any"]), st.lists(criteria(), max_size=3)), max_size=3,
             unique_by=lambda threshold: threshold[0]),
    st.none() | waits,
)  # fmt: skip
def test_what_is_written_reads_back_the_same(told: list, thresholds: list, within: timedelta | None) -> None:
    people = {number * 10 + place: name for number, row in enumerate(told, 1) for place, name in enumerate(row[4], 1)}
    content = PolicySnapshot(
        tuple(ThresholdRule(name, combine, severity, 1, tuple(rules)) for name, severity, combine, rules in thresholds),
        tuple(
            LevelRule(
                number,
                name,
                kind,
                window,
                wait,
                tuple(TargetRule(place, number * 10 + place, None, "") for place in range(1, len(row) + 1)),
            )
            for number, (name, kind, window, wait, row) in enumerate(told, 1)
        ),
        within,
    )
    names = {"person": people}
    back = read(write(content, subject={"policy": "P", "service": "s"}, names=names, heading="v1").encode())
    lines = [row for row in back.rows if row.kind == "level"]
    criteria_told = [row for row in back.rows if row.kind == "threshold"]
    assert back.resolve_within == within
    assert [[row.fields[name] for name in ("number", "name", "kind", "window", "backup_after")] for row in lines] == [
        [level.number, level.name, level.kind, level.window, level.backup_after] for level in content.levels
    ]
    assert [[row.names["person"] for row in level.rows] for level in lines] == [[("person", name) for name in row[4]] for row in told]
    assert [row.fields["name"] for row in criteria_told] == [threshold.name for threshold in content.thresholds]
    for row, threshold in zip(criteria_told, content.thresholds, strict=True):
        assert [tuple(rule.fields.values()) for rule in row.rows] == [
            (rule.measure, rule.comparison.value, rule.value, rule.window, rule.for_at_least) for rule in threshold.criteria
        ]


texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), min_size=1, max_size=80)


@settings(max_examples=80, deadline=None)
@given(texts | st.text("ab \n\r\t:#-'\"|>\u2028\x85é", min_size=1, max_size=40))
def test_texts_of_several_lines_read_back_to_the_last_space(body: str) -> None:
    content = PolicySnapshot((), (), None, messages=(MessageRule(Track.TECHNICAL, 0, Audience.EXTERNAL, "S", body),))
    (row,) = read(write(content, subject={"policy": "P", "scope": "global"}, names={}, heading="v1").encode()).rows
    assert row.fields["body"] == body


SCOPES = {
    "nothing named": ("service: card-payments\n", "", "line 1: for 'service' 'service' is to be named, and only that."),
    "two things named": ("service: card-payments", "service: card-payments\ntier: 1", "'service' is to be named, and only that."),
    "a tier without one": ("service: card-payments", "scope: tier", "line 3, scope: for 'tier' 'tier' is to be named"),
    "a tier and a service": ("service:", "scope: tier\nservice:", "for 'tier' 'tier' is to be named, and only that"),
    "everywhere and a unit": (
        "service: card-payments",
        "scope: global\nbusiness_unit: Cards",
        "no service, tier or business unit is to be",
    ),
    "a fourth tier": ("service: card-payments", "scope: tier\ntier: 4", "line 4, tier: '4' is more than 3."),
    "an own scope": ("service:", "scope: galaxy\nservice:", "'galaxy' is not one of service, tier, business_unit and global"),
}


@pytest.mark.parametrize(("old", "new", "said"), SCOPES.values(), ids=SCOPES.keys())
def test_a_file_says_what_its_policy_speaks_for(old: str, new: str, said: str) -> None:
    assert said in "\n".join(problems(GOOD.replace(old, new)))


SECTIONS = """\
severity_rules: [{severity: SEV1, pace_percent: 50}]
compliance_levels: [{number: 1, name: Legal, window: 1 h, targets: [{role: Counsel}], mandate_until: 2027-01-31}]
business: [{name: Losing money, measure: revenue_loss_per_hour, value: 10000, currency: EUR}]
matrix: [{impact: high, urgency: low, priority: 2}]
exceptions: [{name: Leak, indicator: data_breach, rationale: The law, owner: ana, review_on: 2027-01-31}]
messages: [{subject: Down, body: We are on it}]
announcements: [{role: Speaker, channels: [status page]}]
"""
WRONG_SECTIONS = {
    "a pace of nothing": ("pace_percent: 50", "pace_percent: 0", "severity rule 1, pace_percent: '0' is less than 1."),
    "no such day": ("mandate_until: 2027-01-31", "mandate_until: 2027-02-31", "compliance level 1, mandate_until: '2027-02-31' is no day"),
    "a day of another kind": (
        "review_on: 2027-01-31",
        "review_on: tomorrow",
        "exception 1, review_on: 'tomorrow' is not a day such as 2027",
    ),
    "a money that is none": ("EUR", "euros", "business rule 1, currency: 'euros' is not a currency code such as EUR."),
    "an impact that is none": ("impact: high", "impact: 1", "field of the matrix 1, impact: this must be text"),
    "two speakers": ("role: Speaker", "role: Speaker, person: ana", "announcement 1: name one of person and role, and only one."),
    "no channel": ("[status page]", "[]", "announcement 1, channels: this must not be empty."),
    "a channel of two": ("[status page]", "['a, b']", "announcement 1, channels 1: 'a, b' is not words without commas."),
    "a message without end": ("We are on it", "x" * 4_001, "message 1, body: this is longer than 4000 characters."),
    "an own mandate": ("mandate_until", "mandates: [fire_everybody], mandate_until", "'fire_everybody' is not one of mobilise_resources"),
    "a cell twice": ("priority: 2}", "priority: 2}, {impact: high, urgency: low, priority: 3}", "impact '1', urgency '3' stands twice."),
    "an unknown field": ("subject: Down", "title: Down", "message 1, title: there is no such field."),
}


@pytest.mark.parametrize(("old", "new", "said"), WRONG_SECTIONS.values(), ids=WRONG_SECTIONS.keys())
def test_every_section_says_what_does_not_fit(old: str, new: str, said: str) -> None:
    assert read((GOOD + SECTIONS).encode())
    assert said in "\n".join(problems(GOOD + SECTIONS.replace(old, new)))


def test_the_same_as_data_is_read_the_same_but_for_the_lines() -> None:
    data = yaml.safe_load(GOOD)
    told = read(data)
    assert told.rows[1].rows[0].fields == read(GOOD.encode()).rows[1].rows[0].fields
    with pytest.raises(InvalidInput, match="level 1, window: this must be text"):
        read({**data, "levels": [{**data["levels"][0], "window": 15}]})


@pytest.mark.parametrize(
    "content", [{"format": "a\x00"}, {"levels": [[[[[[[[[[[[[1]]]]]]]]]]]]]}, {"policy": "\ud800"}, {1: 2}, [], "x", 5, None]
)
def test_hostile_data_is_refused_in_words(content: Any) -> None:
    with pytest.raises(InvalidInput):
        read(content)
