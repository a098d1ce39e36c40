"""No field of a policy's content can change without being told: every field of every rule is changed once."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from policies.decisions import ruleset
from policies.decisions.ruleset import NOTHING, MeasureRule, PolicySnapshot
from policies.decisions.scopes import PARTS
from policies.decisions.vocabulary import Severity
from policies.governance.differences import changes, differences
from tests.policies.everything import CRITERIA, FULL, OWN, TARGETS, minutes

# Names that stand beside the key that counts: somebody renamed is no change of the rules. `own` is told as a measure.
NAMES = {
    ("CriterionRule", "own"),
    ("ThresholdRule", "runbook"),
    ("ExceptionRule", "service"),
    ("ExceptionRule", "owner"),
    ("TargetRule", "name"),
    ("LevelRule", "owner"),
    ("LevelRule", "region"),
    ("LevelRule", "runbook"),
    ("AnnouncementRule", "speaker"),
}


def other(value: Any) -> Any:
    """Another value of the same kind."""
    if value == "all":
        return "any"
    if isinstance(value, Enum):
        return next(member for member in type(value) if member is not value)
    if isinstance(value, tuple):
        return value[1:]
    if isinstance(value, MeasureRule):
        return None
    steps: dict[type, Any] = {bool: lambda: not value, str: lambda: f"{value} anew", date: lambda: value + timedelta(days=1)}
    steps |= {int: lambda: value + 7, Decimal: lambda: value + 1, timedelta: lambda: value + minutes(1), type(None): lambda: 99}
    return steps[type(value)]()


def variants(value: Any, names: set[tuple[str, str]] | None = None) -> Iterator[tuple[str, Any]]:
    """`value` with one field changed, over all fields of all rules in it: (class.field, the changed value). `names`: only these."""
    if isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from ((told, (*value[:place], new, *value[place + 1 :])) for told, new in variants(item, names))
    if not is_dataclass(value) or isinstance(value, type):
        return
    kind = type(value).__name__
    # What nobody gives is worked out from the rest.
    for field in (field for field in fields(value) if field.init):
        said = getattr(value, field.name)
        if not isinstance(said, MeasureRule):
            yield from ((told, replace(value, **{field.name: new})) for told, new in variants(said, names))
        if ((kind, field.name) in NAMES) if names is None else ((kind, field.name) not in names):
            continue
        # A target among others is another one when it stands elsewhere, which is more than one step away.
        new = other(said) if (kind, field.name) != ("TargetRule", "position") else said + 10 if said < 4 else 0
        yield f"{kind}.{field.name}", replace(value, **{field.name: new})


VARIANTS = list(variants(FULL))


def test_every_field_of_every_rule_is_among_them() -> None:
    rules: list[Any] = [rule for rule in vars(ruleset).values() if isinstance(rule, type) and rule.__module__ == ruleset.__name__]
    given = [(rule.__name__, field.name) for rule in rules for field in fields(rule) if field.init]
    every = {f"{rule}.{field}" for rule, field in given if (rule, field) not in NAMES}
    assert {told for told, _ in VARIANTS} == every


@pytest.mark.parametrize(("told", "changed"), VARIANTS, ids=[told for told, _ in VARIANTS])
def test_a_field_that_changes_is_told(told: str, changed: PolicySnapshot) -> None:
    for before, after in ((FULL, changed), (changed, FULL)):
        found = changes(before, after)
        assert found
        for change in found:
            assert change.section.lower() in (*PARTS, "measures of our own")
            assert change.place
            assert change.before or change.after
            assert change.words.endswith(".")
            assert change.words[0].isupper()


@pytest.mark.parametrize(("told", "renamed"), list(variants(FULL, NAMES)), ids=[told for told, _ in variants(FULL, NAMES)])
def test_a_name_that_changes_is_no_change(told: str, renamed: PolicySnapshot) -> None:
    assert changes(FULL, renamed) == []


def test_everything_comes_and_goes_in_words() -> None:
    brought, taken = changes(None, FULL), changes(FULL, NOTHING)
    assert {change.section for change in brought} == {change.section for change in taken}
    assert {change.section.lower() for change in brought} == {*PARTS, "measures of our own"}
    assert all(not change.before for change in brought if change.field == "added")
    (first, *_) = [change for change in brought if change.place == "Level 1"]
    assert first.words == (
        "Level 1 added: Line 1, Ana Ruiz, Payments on call, Head of payments and on call in Ledger, window 15 min; "
        "reminders before the window closes 5 min and 2 min; owner Tom Berg; mandate mobilise resources; "
        "limits of the mandate Up to 20,000 EUR; mandate until 2027-01-31; region Iberia; skills wanted databases; "
        "languages wanted es and en; runbook Restart payments; root-cause analysis needed."
    )


def test_sentences_of_each_section() -> None:
    (stakeholder,), (exception,), (message,) = FULL.stakeholder_levels, FULL.exceptions, FULL.messages
    (announcement,), (business,), (threshold,) = FULL.announcements, FULL.business, FULL.thresholds
    fewer = replace(CRITERIA[0], value=Decimal(300))
    after = replace(
        FULL,
        repeats=3,
        stakeholder_from=Severity.SEV1,
        stakeholder_levels=(replace(stakeholder, window=minutes(10), owner_id=None, targets=TARGETS[1:]),),
        compliance_levels=(replace(FULL.compliance_levels[0], needs_rca=False),),
        severity_rules=(replace(FULL.severity_rules[0], pace_percent=25),),
        thresholds=(replace(threshold, criteria=(fewer, CRITERIA[1]), runbook_id=None),),
        measures=(replace(OWN, unit="baskets"),),
        business=(replace(business, value=Decimal(5_000)),),
        matrix=((1, 1, 2), (2, 2, 3)),
        exceptions=(replace(exception, review_on=date(2027, 6, 1), owner_id=8, owner="Ana Ruiz"),),
        messages=(replace(message, subject="Payments fail", body="We are on it.\nNext word at one.\nSorry."),),
        announcements=(replace(announcement, repeat_every=None),),
    )
    assert differences(FULL, after) == [
        "The technical track begins again 3 times instead of once.",
        "For SEV1 critical: length of windows 25 % instead of 50 %.",
        "The stakeholder track starts from SEV1 critical on instead of from SEV2 major on.",
        "Stakeholder level 1 window lowered from 15 min to 10 min.",
        "Stakeholder level 1: owner none instead of Tom Berg.",
        "Primary of stakeholder level 1: Payments on call instead of Ana Ruiz.",
        "Backup 1 of stakeholder level 1: Head of payments instead of Payments on call.",
        "Backup 2 of stakeholder level 1: on call in Ledger instead of Head of payments.",
        "Backup 3 of stakeholder level 1 removed: on call in Ledger.",
        "Compliance level 1: root-cause analysis none instead of needed.",
        "Orders pile up: runbook none instead of Restart payments.",
        "Orders pile up: Orders waiting lowered from 500 orders to 300 orders.",
        "Measure 'Orders waiting': unit baskets instead of orders.",
        "Losing money: at least 5,000 EUR instead of 10,000 EUR.",
        "Impact high, urgency high: priority P2 high instead of P1 critical.",
        "Impact high, urgency medium: priority not set any more (was P2 high).",
        "Impact medium, urgency medium: priority P3 moderate.",
        "Leak: owner Ana Ruiz instead of Tom Berg.",
        "Leak: review by 2027-06-01 instead of 2026-12-01.",
        "Technical track, level 1, executive audience: subject 'Payments fail' instead of 'Payments'.",
        "Technical track, level 1, executive audience: text, lines 2 to 3 'Next word at one.' / 'Sorry.' instead of 'Next word at noon.'.",
        "From SEV1 critical on, external audience: repeated every none instead of 1 h.",
    ]


@pytest.mark.parametrize(
    "body", ["We are on it.\nNext word at noon.\n", "We are on it. \nNext word at noon.", "We are on it.\r\nNext word at noon."]
)
def test_even_spaces_at_the_end_of_a_line_are_told(body: str) -> None:
    (message,) = FULL.messages
    (change,) = changes(FULL, replace(FULL, messages=(replace(message, body=body),)))
    assert change.field.startswith("text, line")
