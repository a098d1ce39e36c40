"""What a pathway means in time: who is alerted when, if nobody answers. Pure: works on snapshots."""

from dataclasses import dataclass
from datetime import timedelta

from policies.decisions.ruleset import LevelRule, PolicySnapshot


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert of an unanswered escalation: how long after the first, at which level, whom and as what."""

    after: timedelta
    level: int
    level_name: str
    kind: str
    name: str
    role: str
    reached: bool


@dataclass(frozen=True, slots=True)
class Ladder:
    """The alerts in order, and when nobody is left: the last window is over and the policy's owner is told."""

    alerts: tuple[Alert, ...]
    exhausted_after: timedelta


def ladder(content: PolicySnapshot, start_level: int = 1) -> Ladder:
    """The course of an escalation from `start_level` on that nobody acknowledges. A level without people is passed at once."""
    alerts: list[Alert] = []
    begin = timedelta(0)
    for level in sorted(content.levels, key=lambda level: level.number):
        if level.number < start_level or not level.targets:
            continue
        alerts += _of(level, begin)
        begin += level.window
    return Ladder(tuple(alerts), begin)


def first_alert(content: PolicySnapshot | None, level_number: int) -> timedelta | None:
    """How long after the first alert level `level_number` is reached; None when it is not there."""
    if content is None:
        return None
    return next((alert.after for alert in ladder(content).alerts if alert.level == level_number), None)


def _of(level: LevelRule, begin: timedelta) -> list[Alert]:
    alerts = []
    for place, target in enumerate(sorted(level.targets, key=lambda target: target.position)):
        wait = level.backup_after * place
        role = "primary" if place == 0 else f"backup {place}"
        alerts.append(Alert(begin + wait, level.number, level.name, level.kind, target.name, role, wait < level.window))
    return alerts
