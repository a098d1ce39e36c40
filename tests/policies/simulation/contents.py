"""Contents and past incidents for tests of replays."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from policies.decisions.ruleset import CriterionRule, LevelRule, PolicySnapshot, TargetRule, ThresholdRule
from policies.decisions.severity import Reading
from policies.decisions.vocabulary import Comparison, Severity
from policies.simulation.replay import PastIncident

OPENED = datetime(2026, 1, 12, 22, 50, tzinfo=UTC)
LATER = OPENED + timedelta(days=60)
FAILING = "transaction_failure_percent"


def minutes(value: float) -> timedelta:
    return timedelta(minutes=value)


def content(
    *windows: float, people: int = 1, milestone: float | None = None, thresholds: tuple[tuple[str, str, int], ...] = ()
) -> PolicySnapshot:
    """A level for each window (minutes) with `people` targets alerted 5 minutes apart; thresholds are (severity, at least, start level)."""
    levels = tuple(
        LevelRule(
            number,
            f"Line {number}",
            "functional",
            minutes(window),
            minutes(5),
            tuple(TargetRule(position, 10 * number + position, None, f"P{number}.{position}") for position in range(1, people + 1)),
        )
        for number, window in enumerate(windows, start=1)
    )
    rules = tuple(
        ThresholdRule(
            f"{severity} from {value}",
            "all",
            Severity(severity),
            start,
            (CriterionRule(FAILING, Comparison.AT_LEAST, Decimal(value), minutes(10), timedelta()),),
        )
        for severity, value, start in thresholds
    )
    return PolicySnapshot(rules, levels, None if milestone is None else minutes(milestone))


def past(*, answered: float | None = None, ended: float | None = None, readings: tuple[tuple[float, str], ...] = (), **fields: Any) -> Any:
    """An incident answered and ended so many minutes after its opening; readings are (minutes after the opening, value)."""
    known = tuple((OPENED + minutes(after), Reading(FAILING, Decimal(value), OPENED + minutes(after))) for after, value in readings)
    return PastIncident(
        key=fields.pop("key", 1),
        number=fields.pop("number", "INC-1"),
        team=fields.pop("team", "Payments"),
        opened_at=OPENED,
        acknowledged_at=None if answered is None else OPENED + minutes(answered),
        ended_at=None if ended is None else OPENED + minutes(ended),
        readings=known,
        **fields,
    )
