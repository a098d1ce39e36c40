"""The content of a version as plain data: read from its rows, frozen when it is submitted, and compared again when it is approved."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from policies.decisions.vocabulary import PolicySnapshot, snapshot_from
from policies.pathways.models import Level, Target
from policies.severity.models import Criterion, Threshold
from portal.foundation.canonical import content_hash
from portal.foundation.errors import InvalidInput, WrongState

from .models import PolicyVersion
from .states import VersionState


def content_of(version: PolicyVersion) -> dict[str, Any]:
    """The rows of `version` in the shape that policies.decisions.vocabulary.snapshot_from reads. Five queries.

    Durations are whole seconds, decimals normalised text, so that the same content has the same hash on every database.
    Raises InvalidInput for a duration with parts of a second.
    """
    levels = version.levels.prefetch_related("targets__person", "targets__schedule").order_by("number")
    thresholds = version.thresholds.prefetch_related("criteria").order_by("severity", "name")
    return {
        "resolve_within_seconds": None if version.resolve_within is None else _seconds(version.resolve_within),
        "levels": [_level(level) for level in levels],
        "thresholds": [_threshold(threshold) for threshold in thresholds],
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
    }


def _target(target: Target) -> dict[str, Any]:
    return {
        "position": target.position,
        "person_id": target.person_id,
        "schedule_id": target.schedule_id,
        "name": str(target.person or target.schedule),
    }


def _threshold(threshold: Threshold) -> dict[str, Any]:
    criteria = [_criterion(criterion) for criterion in threshold.criteria.all()]
    return {
        "name": threshold.name,
        "combine": threshold.combine,
        "severity": threshold.severity,
        "start_level": threshold.start_level,
        "criteria": sorted(criteria, key=lambda criterion: [str(value) for value in criterion.values()]),
    }


def _criterion(criterion: Criterion) -> dict[str, Any]:
    return {
        "measure": criterion.measure,
        "comparison": criterion.comparison,
        "value": _decimal(criterion.value),
        "window_seconds": _seconds(criterion.window),
        "for_at_least_seconds": _seconds(criterion.for_at_least),
    }


def _seconds(value: timedelta) -> int:
    if value.microseconds:
        raise InvalidInput(f"A duration of {value.total_seconds():g} s is finer than a second; give whole seconds.")
    return value.days * 86_400 + value.seconds


def _decimal(value: Decimal) -> str:
    """'5', not '5.000' nor '5E+0': the same number is the same text."""
    return f"{value.normalize():f}" if value else "0"


def _nameless(content: dict[str, Any]) -> dict[str, Any]:
    levels = [{**level, "targets": [{**target, "name": ""} for target in level["targets"]]} for level in content["levels"]]
    return {**content, "levels": levels}
