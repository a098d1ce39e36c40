"""The content of a version as plain data: read from its rows, frozen when it is submitted, and compared again when it is approved."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from policies.decisions.frozen import snapshot_from
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Track
from policies.messages.models import AnnouncementProtocol, MessageTemplate
from policies.pathways.models import Level, Target
from policies.pathways.wanted import durations, items
from policies.severity.models import BusinessThreshold, Criterion, ExceptionRule, OwnMeasure, Threshold
from portal.foundation.canonical import content_hash
from portal.foundation.errors import InvalidInput, WrongState

from .models import PolicyVersion
from .states import VersionState


def content_of(version: PolicyVersion) -> dict[str, Any]:
    """The rows of `version` in the shape that policies.decisions.frozen.snapshot_from reads. Fifteen queries at most.

    Durations are whole seconds, decimals normalised text, so that the same content has the same hash on every database.
    Raises InvalidInput for a duration with parts of a second.
    """
    named = ("targets__person", "targets__schedule", "targets__role_held", "targets__team")
    levels = version.levels.select_related("owner", "region", "runbook").prefetch_related(*named).order_by("number")
    by_track: dict[str, list[dict[str, Any]]] = {track.value: [] for track in Track}
    for level in levels:
        by_track[level.track].append(_level(level))
    thresholds = list(version.thresholds.select_related("runbook").prefetch_related("criteria").order_by("severity", "name"))
    announcements = version.announcement_protocols.select_related("person", "role_held").order_by("severity", "audience")
    # A version that asks for no silence says nothing about it, as those from before there was such a thing do.
    silence = {} if version.silent_after is None else {"silent_after_seconds": _seconds(version.silent_after)}
    cells = version.priority_cells.order_by("impact", "urgency").values("impact", "urgency", "priority")
    return {
        "resolve_within_seconds": None if version.resolve_within is None else _seconds(version.resolve_within),
        "repeats": version.repeats,
        **silence,
        "levels": by_track[Track.TECHNICAL],
        "severity_rules": list(version.severity_overrides.order_by("severity").values("severity", "start_level", "pace_percent")),
        "stakeholder_from": version.stakeholder_from,
        "stakeholder_levels": by_track[Track.STAKEHOLDER],
        "compliance_levels": by_track[Track.COMPLIANCE],
        "thresholds": [_threshold(threshold) for threshold in thresholds],
        "measures": _own_measures(thresholds),
        "business": [_business(rule) for rule in version.business_thresholds.order_by("impact", "name")],
        "matrix": list(cells),
        "exceptions": [_exception(rule) for rule in version.exception_rules.select_related("service", "owner").order_by("name")],
        "messages": [_message(template) for template in version.message_templates.order_by("track", "level", "audience")],
        "announcements": [_announcement(protocol) for protocol in announcements],
    }


def snapshot_of(version: PolicyVersion) -> PolicySnapshot:
    """The frozen content of `version`. Raises WrongState when it was never submitted or its content does not have its hash."""
    if not version.content:
        raise WrongState(f"{version} has no frozen content: it was not submitted yet.")
    if content_hash(version.content) != version.content_sha256:
        raise WrongState(f"The content of {version} does not have the hash it was submitted with. Nothing may act on it.")
    return snapshot_from(version.content)


def draft_snapshot(version: PolicyVersion) -> PolicySnapshot:
    """The content as it stands in the rows now, for a version that is still a draft."""
    return snapshot_from(content_of(version))


def readable_content(version: PolicyVersion) -> dict[str, Any]:
    """What `version` says to a reader: the frozen content, or the rows where it was never frozen. Raises WrongState like `snapshot_of`."""
    if version.state in (VersionState.DRAFT.value, VersionState.DISCARDED.value):
        return content_of(version)
    snapshot_of(version)
    return version.content  # type: ignore[return-value]


def rows_still_say(version: PolicyVersion) -> bool:
    """Whether the rows of a submitted version are what was frozen. Names do not count: renaming a person is no change of the rules."""
    frozen = version.content
    return frozen is not None and content_hash(frozen) == version.content_sha256 and _nameless(frozen) == _nameless(content_of(version))


def _level(level: Level) -> dict[str, Any]:
    return {
        "number": level.number,
        "name": level.name,
        "kind": level.kind,
        "window_seconds": _seconds(level.window),
        "backup_after_seconds": _seconds(level.backup_after),
        "targets": [_target(target) for target in sorted(level.targets.all(), key=lambda target: target.position)],
        "reminders_seconds": [_seconds(before) for before in durations(level.reminders)],
        "owner_id": level.owner_id,
        "owner": _name(level.owner),
        "mandates": sorted(items(level.mandates)),
        "mandate_limits": level.mandate_limits,
        "mandate_until": _day(level.mandate_until),
        "region_id": level.region_id,
        "region": _name(level.region),
        "skills": list(items(level.skills)),
        "languages": list(items(level.languages)),
        "runbook_id": level.runbook_id,
        "runbook": _name(level.runbook),
        "needs_rca": level.needs_rca,
    }


def _target(target: Target) -> dict[str, Any]:
    return {
        "position": target.position,
        "person_id": target.person_id,
        "schedule_id": target.schedule_id,
        "role_id": target.role_held_id,
        "team_id": target.team_id,
        "name": target.called,
    }


def _threshold(threshold: Threshold) -> dict[str, Any]:
    criteria = [_criterion(criterion) for criterion in threshold.criteria.all()]
    return {
        "name": threshold.name,
        "combine": threshold.combine,
        "severity": threshold.severity,
        "start_level": threshold.start_level,
        "criteria": sorted(criteria, key=lambda criterion: [str(value) for value in criterion.values()]),
        "runbook_id": threshold.runbook_id,
        "runbook": _name(threshold.runbook),
    }


def _criterion(criterion: Criterion) -> dict[str, Any]:
    return {
        "measure": criterion.measure,
        "comparison": criterion.comparison,
        "value": _decimal(criterion.value),
        "window_seconds": _seconds(criterion.window),
        "for_at_least_seconds": _seconds(criterion.for_at_least),
    }


def _own_measures(thresholds: list[Threshold]) -> list[dict[str, Any]]:
    used = {criterion.measure for threshold in thresholds for criterion in threshold.criteria.all()}
    return [
        {"key": own.key, "name": own.name, "unit": own.unit, "highest": None if own.highest is None else _decimal(own.highest)}
        for own in OwnMeasure.objects.filter(key__in=used).order_by("key")
    ]


def _business(rule: BusinessThreshold) -> dict[str, Any]:
    return {
        "name": rule.name,
        "measure": rule.measure,
        "value": _decimal(rule.value),
        "currency": rule.currency,
        "impact": rule.impact,
    }


def _exception(rule: ExceptionRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "indicator": rule.indicator,
        "service_id": rule.service_id,
        "service": _name(rule.service),
        "label": rule.label,
        "start_level": rule.start_level,
        "rationale": rule.rationale,
        "owner_id": rule.owner_id,
        "owner": str(rule.owner),
        "review_on": rule.review_on.isoformat(),
    }


def _message(template: MessageTemplate) -> dict[str, Any]:
    return {
        "track": template.track,
        "level": template.level,
        "audience": template.audience,
        "subject": template.subject,
        "body": template.body,
    }


def _announcement(protocol: AnnouncementProtocol) -> dict[str, Any]:
    return {
        "severity": protocol.severity,
        "audience": protocol.audience,
        "person_id": protocol.person_id,
        "role_id": protocol.role_held_id,
        "speaker": str(protocol.person or protocol.role_held),
        "channels": list(items(protocol.channels)),
        "first_within_seconds": _seconds(protocol.first_within),
        "repeat_every_seconds": None if protocol.repeat_every is None else _seconds(protocol.repeat_every),
    }


def _name(row: Any) -> str:
    return "" if row is None else str(row)


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _seconds(value: timedelta) -> int:
    if value.microseconds:
        raise InvalidInput(f"A duration of {value.total_seconds():g} s is finer than a second; give whole seconds.")
    return value.days * 86_400 + value.seconds


def _decimal(value: Decimal) -> str:
    """'5', not '5.000' nor '5E+0': the same number is the same text."""
    return f"{value.normalize():f}" if value else "0"


# Names stand in the content so that it stays readable; who is meant is said by the primary keys beside them.
_NAMES = frozenset({"owner", "region", "runbook", "speaker", "service"})


def _nameless(content: dict[str, Any]) -> PolicySnapshot:
    """The content as the decisions see it, without the names of people and things, which may be called otherwise tomorrow."""

    def told(value: Any, *, target: bool = False) -> Any:
        if isinstance(value, dict):
            kept = {key: told(inner, target=key == "targets") for key, inner in value.items()}
            return {key: "" if key in _NAMES or (target and key == "name") else inner for key, inner in kept.items()}
        return [told(item, target=target) for item in value] if isinstance(value, list) else value

    return snapshot_from(told({**content, "measures": []}))
