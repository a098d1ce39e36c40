"""Reading frozen content back into the values that decisions eat. What a content does not name, it says nothing about.

The shape is written by policies.governance.snapshots. Durations are whole seconds, numbers are text, days are ISO 8601.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import Any

from .ruleset import (
    AnnouncementRule,
    BusinessRule,
    CriterionRule,
    ExceptionRule,
    LevelRule,
    MeasureRule,
    MessageRule,
    PolicySnapshot,
    SeverityRule,
    TargetRule,
    ThresholdRule,
)
from .vocabulary import Audience, BusinessMeasure, Comparison, Indicator, Mandate, Scale, Severity, Track

Content = Mapping[str, Any]


def snapshot_from(content: Content) -> PolicySnapshot:
    """The values that `content` holds. Raises KeyError or ValueError for content that no version was ever frozen with."""
    measures = tuple(_measure(told) for told in content.get("measures", ()))
    own = {measure.key: measure for measure in measures}
    return PolicySnapshot(
        thresholds=tuple(_threshold(told, own) for told in content["thresholds"]),
        levels=_levels(content["levels"]),
        resolve_within=_duration(content["resolve_within_seconds"]),
        stakeholder_levels=_levels(content.get("stakeholder_levels", ())),
        stakeholder_from=Severity(content.get("stakeholder_from", Severity.SEV2)),
        compliance_levels=_levels(content.get("compliance_levels", ())),
        repeats=content.get("repeats", 0),
        silent_after=_duration(content.get("silent_after_seconds")),
        business=tuple(_business(told) for told in content.get("business", ())),
        matrix=tuple((told["impact"], told["urgency"], told["priority"]) for told in content.get("matrix", ())),
        exceptions=tuple(_exception(told) for told in content.get("exceptions", ())),
        severity_rules=tuple(_severity_rule(told) for told in content.get("severity_rules", ())),
        messages=tuple(_message(told) for told in content.get("messages", ())),
        announcements=tuple(_announcement(told) for told in content.get("announcements", ())),
        measures=measures,
    )


def _duration(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _measure(told: Content) -> MeasureRule:
    return MeasureRule(told["key"], told["name"], told["unit"], None if told["highest"] is None else Decimal(told["highest"]))


def _threshold(told: Content, own: Mapping[str, MeasureRule]) -> ThresholdRule:
    return ThresholdRule(
        name=told["name"],
        combine=told["combine"],
        severity=Severity(told["severity"]),
        start_level=told["start_level"],
        criteria=tuple(
            CriterionRule(
                measure=criterion["measure"],
                comparison=Comparison(criterion["comparison"]),
                value=Decimal(criterion["value"]),
                window=timedelta(seconds=criterion["window_seconds"]),
                for_at_least=timedelta(seconds=criterion["for_at_least_seconds"]),
                own=own.get(criterion["measure"]),
            )
            for criterion in told["criteria"]
        ),
        runbook_id=told.get("runbook_id"),
        runbook=told.get("runbook", ""),
    )


def _levels(told: Any) -> tuple[LevelRule, ...]:
    return tuple(_level(level) for level in sorted(told, key=itemgetter("number")))


def _level(told: Content) -> LevelRule:
    return LevelRule(
        number=told["number"],
        name=told["name"],
        kind=told["kind"],
        window=timedelta(seconds=told["window_seconds"]),
        backup_after=timedelta(seconds=told["backup_after_seconds"]),
        targets=tuple(_target(target) for target in sorted(told["targets"], key=itemgetter("position"))),
        reminders=tuple(timedelta(seconds=seconds) for seconds in sorted(told.get("reminders_seconds", ()), reverse=True)),
        owner_id=told.get("owner_id"),
        owner=told.get("owner", ""),
        mandates=tuple(Mandate(mandate) for mandate in told.get("mandates", ())),
        mandate_limits=told.get("mandate_limits", ""),
        mandate_until=_day(told.get("mandate_until")),
        region_id=told.get("region_id"),
        region=told.get("region", ""),
        skills=tuple(told.get("skills", ())),
        languages=tuple(told.get("languages", ())),
        runbook_id=told.get("runbook_id"),
        runbook=told.get("runbook", ""),
        needs_rca=told.get("needs_rca", False),
    )


def _target(told: Content) -> TargetRule:
    return TargetRule(told["position"], told["person_id"], told["schedule_id"], told["name"], told.get("role_id"), told.get("team_id"))


def _business(told: Content) -> BusinessRule:
    return BusinessRule(told["name"], BusinessMeasure(told["measure"]), Decimal(told["value"]), told["currency"], Scale(told["impact"]))


def _exception(told: Content) -> ExceptionRule:
    return ExceptionRule(
        name=told["name"],
        indicator=Indicator(told["indicator"]),
        service_id=told["service_id"],
        service=told["service"],
        label=told["label"],
        start_level=told["start_level"],
        rationale=told["rationale"],
        owner_id=told["owner_id"],
        owner=told["owner"],
        review_on=date.fromisoformat(told["review_on"]),
    )


def _severity_rule(told: Content) -> SeverityRule:
    return SeverityRule(Severity(told["severity"]), told["start_level"], told["pace_percent"])


def _message(told: Content) -> MessageRule:
    return MessageRule(Track(told["track"]), told["level"], Audience(told["audience"]), told["subject"], told["body"])


def _announcement(told: Content) -> AnnouncementRule:
    return AnnouncementRule(
        severity=Severity(told["severity"]),
        audience=Audience(told["audience"]),
        person_id=told["person_id"],
        role_id=told["role_id"],
        speaker=told["speaker"],
        channels=tuple(told["channels"]),
        first_within=timedelta(seconds=told["first_within_seconds"]),
        repeat_every=_duration(told["repeat_every_seconds"]),
    )
