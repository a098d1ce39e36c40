"""Changing one threshold: where the change goes, what it asks, and what it refuses."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from audit.models import LedgerEvent
from policies.decisions.vocabulary import Comparison
from policies.governance import services
from policies.governance.editing import ConditionChange, change_threshold, fingerprint, standing_threshold
from policies.governance.locks import take_lock
from policies.models import EditLock, PolicyVersion
from portal.foundation.errors import Conflict, InvalidInput, NotAllowed, WrongState
from tests.factories import policies as make
from tests.factories.portal import person
from tests.shared import shared
from tests.trail import who

pytestmark = pytest.mark.django_db
NAME = "Payments failing"
FIVE = ConditionChange(1, Comparison.AT_LEAST, Decimal(5), timedelta(minutes=10), timedelta(0))


@shared
def manager() -> Any:
    return person("Mia Manager", roles=("manager",))


@shared
def version() -> PolicyVersion:
    return make.in_force()


def change(version: PolicyVersion, actor: Any, now: Any, value: str = "7", **fields: Any) -> PolicyVersion:
    given: dict[str, Any] = {
        "severity": "SEV2",
        "start_level": 1,
        "conditions": [replace(FIVE, value=Decimal(value))],
        "reason": "Too many alerts",
    }
    name = fields.pop("name", NAME)
    return change_threshold(version.policy, name, actor=actor, now=now, **given | fields)


def said(version: PolicyVersion) -> str:
    return f"{version.thresholds.get(name=NAME).criteria.get().value.normalize():f}"


def test_without_a_draft_one_is_opened_with_exactly_that_change(version: PolicyVersion, manager: Any, now: Any) -> None:
    draft = change(version, manager, now)
    assert (draft.number, draft.state, draft.change_reason, said(draft), said(version)) == (2, "draft", "Too many alerts", "7", "5")
    assert draft.levels.count() == version.levels.count()
    row = draft.thresholds.get().criteria.get()
    past = row.history.latest()
    assert (past.history_user, past.history_change_reason) == (manager, "Too many alerts")
    event = LedgerEvent.objects.get(type="threshold.changed")
    assert (who(event), event.object_pk) == ("Mia Manager", str(draft.pk))
    assert LedgerEvent.objects.filter(type="policy_version.drafted").count() == 2
    assert EditLock.objects.get(version=draft).person == manager


def test_an_open_draft_is_continued_and_collects_the_reasons(version: PolicyVersion, manager: Any, now: Any) -> None:
    first = change(version, manager, now)
    second = change(version, manager, now, "8", reason="Still too many")
    assert second == first
    first.refresh_from_db()
    assert (said(first), first.change_reason) == ("8", "Too many alerts\nStill too many")
    assert version.policy.versions.count() == 2


def test_severity_level_window_and_time_change_too(version: PolicyVersion, manager: Any, now: Any) -> None:
    longer = replace(FIVE, comparison=Comparison.ABOVE, window=timedelta(minutes=20), for_at_least=timedelta(minutes=5))
    draft = change(version, manager, now, severity="SEV1", start_level=2, conditions=[longer])
    threshold = draft.thresholds.get()
    row = threshold.criteria.get()
    assert (threshold.severity, threshold.start_level, row.comparison) == ("SEV1", 2, ">")
    assert (row.window, row.for_at_least) == (timedelta(minutes=20), timedelta(minutes=5))


def test_what_waits_for_approval_is_not_changed_and_who_must_act_is_told(version: PolicyVersion, manager: Any, now: Any) -> None:
    draft = change(version, manager, now)
    services.submit_version(draft, actor=manager, now=now, accepted=make.ACCEPTED)
    with pytest.raises(WrongState, match=r"waiting for approval.*Mia Manager has to withdraw it"):
        change(version, manager, now, "8")
    assert said(draft) == "7"


def test_a_draft_that_somebody_else_edits_is_left_to_them(version: PolicyVersion, manager: Any, now: Any) -> None:
    draft = make.draft(version.policy)
    take_lock(draft, actor=person("Ana Ruiz", roles=("manager",)), now=now)
    with pytest.raises(WrongState, match="Ana Ruiz is editing"):
        change(version, manager, now)
    assert said(draft) == "5"
    assert change(version, manager, now + timedelta(minutes=31)) == draft


def test_a_threshold_that_the_draft_no_longer_has_is_named(version: PolicyVersion, manager: Any, now: Any) -> None:
    draft = make.draft(version.policy)
    draft.thresholds.get().delete()
    with pytest.raises(WrongState, match="has no threshold 'Payments failing' any more"):
        change(version, manager, now)


def test_what_somebody_else_changed_meanwhile_is_a_conflict(version: PolicyVersion, manager: Any, now: Any) -> None:
    _, rule = standing_threshold(version.policy, NAME)
    assert rule is not None
    change(version, manager, now)
    with pytest.raises(Conflict, match="says something else"):
        change(version, manager, now, "9", seen=fingerprint(rule))
    _, now_said = standing_threshold(version.policy, NAME)
    assert now_said is not None
    assert said(change(version, manager, now, "9", seen=fingerprint(now_said))) == "9"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"reason": " "}, "reason"),
        ({"conditions": [FIVE]}, ""),
        ({"conditions": [replace(FIVE, place=2)]}, ""),
        ({"conditions": [replace(FIVE, place=0)]}, ""),
        ({"conditions": [replace(FIVE, window=timedelta(0))]}, ""),
        ({"conditions": [replace(FIVE, for_at_least=timedelta(hours=1))]}, ""),
        ({"conditions": [replace(FIVE, value=Decimal("1.2345"))]}, "value_1"),
        ({"conditions": [replace(FIVE, value=Decimal(10) ** 12)]}, "value_1"),
        ({"conditions": [replace(FIVE, value=Decimal("NaN"))]}, "value_1"),
        ({"severity": "SEV9"}, "severity"),
        ({"start_level": -1}, "start_level"),
        ({"conditions": [replace(FIVE, value=Decimal("0.05"))]}, "sure"),
        ({"conditions": [replace(FIVE, value=Decimal(16))]}, "sure"),
        ({"conditions": [replace(FIVE, window=timedelta(hours=2))]}, "sure"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_leaves_no_draft(
    version: PolicyVersion, manager: Any, now: Any, fields: dict[str, Any], named: str
) -> None:
    events = LedgerEvent.objects.count()
    with pytest.raises(InvalidInput) as refused:
        change(version, manager, now, sure=False, **fields)
    assert named in refused.value.fields
    assert version.policy.versions.count() == 1
    assert LedgerEvent.objects.count() == events


def test_a_value_far_from_its_history_passes_when_it_is_meant(version: PolicyVersion, manager: Any, now: Any) -> None:
    assert said(change(version, manager, now, "50", sure=True)) == "50"
    draft = change(version, manager, now, "60", reason="A little more")
    assert said(draft) == "60"


@pytest.mark.parametrize("role", ["responder", "approver", "auditor", "compliance", "stakeholder", "administrator"])
def test_other_roles_change_no_threshold(version: PolicyVersion, now: Any, role: str) -> None:
    with pytest.raises(NotAllowed, match="You may not change thresholds"):
        change(version, person("Other", roles=(role,)), now)
    assert version.policy.versions.count() == 1
