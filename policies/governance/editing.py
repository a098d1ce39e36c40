"""Changing one threshold: in the policy's open draft, or in a new one when there is none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from audit.events.services import act
from policies.decisions.ruleset import CriterionRule, ThresholdRule
from policies.decisions.vocabulary import Comparison, Severity
from policies.pathways.models import EscalationPolicy
from policies.severity.models import Criterion, Threshold
from policies.severity.plausibility import far_from_history
from portal.foundation.access.checks import require
from portal.foundation.base_models import save_tracked
from portal.foundation.canonical import content_hash
from portal.foundation.errors import Conflict, InvalidInput, WrongState
from portal.foundation.words import visible

from .locks import lock_draft, take_lock
from .models import PolicyVersion
from .queries import latest_approved, open_version
from .services import create_draft
from .standing import own_measures, thresholds_of
from .states import VersionState

SURE = "sure"


@dataclass(frozen=True, slots=True)
class ConditionChange:
    """What one condition says from now on; its measure stays. `place` counts from 1: by measure, then as they were made."""

    place: int
    comparison: Comparison
    value: Decimal
    window: timedelta
    for_at_least: timedelta


def change_threshold(
    policy: EscalationPolicy,
    name: str,
    *,
    severity: str,
    start_level: int,
    conditions: Sequence[ConditionChange],
    actor: Any,
    now: datetime,
    reason: str,
    sure: bool = False,
    seen: str = "",
) -> PolicyVersion:
    """Changes the threshold `name` in the open draft of `policy`, or in a new one, and nothing else; answers with the draft.

    `reason` joins the draft's reason for the change. `seen` is the fingerprint of what the person had before them, and `sure` says that a value far from
    its history is meant. Raises WrongState when the open version waits for approval, somebody else edits it, or it has no such threshold;
    Conflict when it no longer says what was `seen`; InvalidInput for what cannot be ('value_1' is the first condition's value), for a
    change of nothing, and with the field 'sure' for what is far from its history and not confirmed. Then nothing remains, no draft either.
    """
    require(actor, "policies.change_threshold", policy, to=f"change thresholds of {policy}")
    words = visible(reason)
    if not words:
        ask = "Say in a sentence what you change and why."
        raise InvalidInput(ask, {"reason": [ask]})
    with act("threshold.changed", actor=actor, now=now, why=words) as running:
        EscalationPolicy.objects.select_for_update(of=("self",)).get(pk=policy.pk)
        draft = _draft_of(policy, actor, now, words)
        threshold, rows, before = _content(draft, name)
        if seen and fingerprint(before) != seen:
            raise Conflict(f"{draft} says something else about '{name}' by now. Look at what it says, then repeat your change.")
        changed = _changed(threshold, rows, severity, start_level, conditions)
        if not changed:
            raise InvalidInput(f"Nothing changes: {draft} says this already.", {"": ["Nothing changes: these are the values it has."]})
        asked = [] if sure else doubts(_as_rule(threshold, rows, before), [*history_of(policy, [name])[name], before])
        if asked:
            raise InvalidInput(" ".join(asked), {SURE: asked})
        for row in changed:
            save_tracked(row, actor=actor, now=now, reason=words)
        if words not in draft.change_reason:
            draft.change_reason = f"{draft.change_reason}\n{words}"
            save_tracked(draft, actor=actor, now=now, reason=words)
        take_lock(draft, actor=actor, now=now)
        running.subject = draft
        running.details = {"threshold": name}
    return draft


def standing_threshold(policy: EscalationPolicy, name: str) -> tuple[PolicyVersion | None, ThresholdRule | None]:
    """What a change of the threshold `name` starts from: the open version, without one the latest approved; and what it says."""
    base = open_version(policy) or latest_approved(policy)
    if base is None:
        return None, None
    return base, thresholds_of([base.pk], own_measures(), [name]).get(base.pk, {}).get(name)


def fingerprint(rule: ThresholdRule) -> str:
    """The same for the same rule, so that a page can tell whether what it showed still stands."""
    said: list[Any] = [rule.combine, rule.severity.value, rule.start_level, rule.runbook_id]
    said += [
        [one.measure, one.comparison.value, f"{one.value.normalize():f}", str(one.window), str(one.for_at_least)] for one in rule.criteria
    ]
    return content_hash({"rule": said})


def history_of(policy: EscalationPolicy, names: Sequence[str]) -> dict[str, list[ThresholdRule]]:
    """What approved versions of `policy` said about each of `names`, the oldest first. Four queries."""
    approved = policy.versions.filter(state=VersionState.APPROVED.value).order_by("effective_from", "number").values_list("pk", flat=True)
    said = thresholds_of(approved, own_measures(), names)
    return {name: [said[version][name] for version in approved if name in said.get(version, {})] for name in names}


def doubts(rule: ThresholdRule, past: Sequence[ThresholdRule]) -> list[str]:
    """Why conditions of `rule` deserve a second look, held against what the same conditions said before; `past` stands oldest first.

    A condition that says what it said last is not asked about again.
    """
    asked = []
    for criterion in rule.criteria:
        same = [
            one for before in past for one in before.criteria if one.measure == criterion.measure and _rising(one) == _rising(criterion)
        ]
        if not same or same[-1] != criterion:
            asked.append(far_from_history(criterion, same))
    return [text for text in asked if text]


def _draft_of(policy: EscalationPolicy, actor: Any, now: datetime, reason: str) -> PolicyVersion:
    waiting = open_version(policy)
    if waiting is None:
        return create_draft(policy, actor=actor, now=now, reason=reason)
    if waiting.state == VersionState.SUBMITTED.value:
        raise WrongState(
            f"{waiting} is waiting for approval, so nothing can be added to it. Somebody who may approve it has to decide, or "
            f"{waiting.submitted_by} has to withdraw it; then your change can be made."
        )
    lock_draft(waiting, actor=actor, now=now)
    return waiting


def _content(draft: PolicyVersion, name: str) -> tuple[Threshold, list[Criterion], ThresholdRule]:
    threshold = draft.thresholds.filter(name=name).first()
    if threshold is None:
        raise WrongState(f"{draft} has no threshold '{name}' any more: it was removed or renamed there. Open the draft to change it.")
    rows = list(threshold.criteria.order_by("measure", "pk"))
    return threshold, rows, thresholds_of([draft.pk], own_measures(), [name])[draft.pk][name]


def _changed(
    threshold: Threshold, rows: Sequence[Criterion], severity: str, start_level: int, conditions: Sequence[ConditionChange]
) -> list[Model]:
    """The rows that say something else now, with it and valid, not yet saved."""
    wrong: dict[str, list[str]] = {}
    changed: list[Model] = []
    if _set(threshold, {"severity": severity, "start_level": start_level}, wrong, ""):
        changed.append(threshold)
    for change in conditions:
        if not 1 <= change.place <= len(rows):
            raise InvalidInput(f"'{threshold}' has no condition {change.place}.", {"": [f"There is no condition {change.place}."]})
        row = rows[change.place - 1]
        values = {
            "comparison": change.comparison.value,
            "value": change.value,
            "window": change.window,
            "for_at_least": change.for_at_least,
        }
        if _set(row, values, wrong, f"_{change.place}"):
            changed.append(row)
    if wrong:
        raise InvalidInput(" ".join(text for texts in wrong.values() for text in texts), wrong)
    return changed


def _set(row: Model, values: dict[str, Any], wrong: dict[str, list[str]], suffix: str) -> bool:
    """Sets what differs and collects what cannot be; whether anything differed."""
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    if differing:
        try:
            row.full_clean()
        except ValidationError as error:
            for name, texts in error.message_dict.items():
                wrong.setdefault(f"{name}{suffix}" if name in values else "", []).extend(texts)
    return bool(differing)


def _as_rule(threshold: Threshold, rows: Sequence[Criterion], before: ThresholdRule) -> ThresholdRule:
    """What the rows say as they stand in memory; names of the organisation's own measures as `before` has them."""
    conditions = tuple(
        replace(was, comparison=Comparison(row.comparison), value=row.value, window=row.window, for_at_least=row.for_at_least)
        for was, row in zip(before.criteria, rows, strict=True)
    )
    return replace(before, severity=Severity(threshold.severity), start_level=threshold.start_level, criteria=conditions)


def _rising(criterion: CriterionRule) -> bool:
    return criterion.comparison in (Comparison.AT_LEAST, Comparison.ABOVE)
