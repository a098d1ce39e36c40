"""Changing one threshold of a draft through the API: what was sent, as the one service that changes thresholds takes it."""

from datetime import datetime, timedelta
from typing import Any

from rest_framework import serializers

from policies.decisions.ruleset import ThresholdRule
from policies.decisions.vocabulary import Comparison, Severity
from policies.governance.editing import ConditionChange, change_threshold, standing_threshold
from policies.governance.models import PolicyVersion
from policies.governance.states import VersionState
from portal.foundation.apikit.fields import StrictSerializer, Text
from portal.foundation.errors import NotFound, WrongState

from .serializers import LONGEST_REASON

LONGEST = timedelta(days=365)


class ConditionInput(StrictSerializer):
    """What one condition says from now on; its measure stays."""

    place = serializers.IntegerField(min_value=1, max_value=100, help_text="1 is the first: by measure, as the content lists them.")
    comparison = serializers.ChoiceField(choices=[comparison.value for comparison in Comparison], required=False)
    value = serializers.DecimalField(max_digits=14, decimal_places=3, required=False)
    window_seconds = serializers.IntegerField(min_value=1, max_value=int(LONGEST.total_seconds()), required=False)
    for_at_least_seconds = serializers.IntegerField(min_value=0, max_value=int(LONGEST.total_seconds()), required=False)


class ThresholdInput(StrictSerializer):
    """Which threshold, why, and what of it. A value far from its history has to be meant: send 'sure' then."""

    name = Text(max_length=120)
    reason = Text(max_length=LONGEST_REASON)
    severity = serializers.ChoiceField(choices=[severity.value for severity in Severity], required=False)
    start_level = serializers.IntegerField(min_value=1, max_value=20, required=False)
    conditions = ConditionInput(many=True, required=False, max_length=50)  # type: ignore[call-arg]
    sure = serializers.BooleanField(required=False, default=False)


def change_in_draft(version: PolicyVersion, given: dict[str, Any], *, actor: Any, now: datetime) -> None:
    """Changes the draft `version`. Raises WrongState for what is no draft, NotFound without such a threshold, and what the service raises."""
    if version.state != VersionState.DRAFT.value:
        raise WrongState(f"{version} is {version.get_state_display()}, so nothing of it can be changed. Start a draft.")
    _, rule = standing_threshold(version.policy, given["name"])
    if rule is None:
        raise NotFound(f"{version} has no threshold '{given['name']}'.")
    conditions = [_stands(rule, told) for told in given.get("conditions", ())]
    change_threshold(
        version.policy,
        rule.name,
        severity=given.get("severity", rule.severity.value),
        start_level=given.get("start_level", rule.start_level),
        conditions=conditions,
        actor=actor,
        now=now,
        reason=given["reason"],
        sure=given["sure"],
    )


def _stands(rule: ThresholdRule, told: dict[str, Any]) -> ConditionChange:
    """What a condition says from now on: what was sent, and for the rest what it says."""
    if told["place"] > len(rule.criteria):
        raise NotFound(f"'{rule.name}' has no condition {told['place']}.")
    was = rule.criteria[told["place"] - 1]
    window, lasting = told.get("window_seconds"), told.get("for_at_least_seconds")
    return ConditionChange(
        place=told["place"],
        comparison=Comparison(told["comparison"]) if "comparison" in told else was.comparison,
        value=told.get("value", was.value),
        window=was.window if window is None else timedelta(seconds=window),
        for_at_least=was.for_at_least if lasting is None else timedelta(seconds=lasting),
    )
