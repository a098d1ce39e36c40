"""What a check of conformance finds: a deviation with its class, its evidence, and the reason that was recorded for it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Kind(StrEnum):
    """The classes of deviations; the later four are signs of role confusion."""

    LATE_STEP = "late_step"
    LEVEL_EARLY = "level_early"
    LEVEL_LATE = "level_late"
    SKIPPED_LEVEL = "skipped_level"
    BYPASS = "bypass"
    WRONG_PERSON = "wrong_person"
    REMINDER_MISSING = "reminder_missing"
    MILESTONE_IGNORED = "milestone_ignored"
    UNSIGNED_HAND_OFF = "unsigned_hand_off"
    MISSING_RCA = "missing_rca"
    CHANNEL_NOT_CLEARED = "channel_not_cleared"
    MANDATE_BEYOND_LIMITS = "mandate_beyond_limits"
    CHANGE_DURING_FREEZE = "change_during_freeze"
    SEVERAL_AT_ONCE = "several_at_once"
    PING_PONG = "ping_pong"
    WITHOUT_ROLE = "without_role"
    TWO_ACKNOWLEDGED = "two_acknowledged"

    @property
    def words(self) -> str:
        return TITLES[self]

    @property
    def is_confusion(self) -> bool:
        return self in CONFUSION


TITLES = {
    Kind.LATE_STEP: "Late step",
    Kind.LEVEL_EARLY: "Level entered too early",
    Kind.LEVEL_LATE: "Level entered too late",
    Kind.SKIPPED_LEVEL: "Skipped level",
    Kind.BYPASS: "Bypass with the right and a rationale",
    Kind.WRONG_PERSON: "Wrong person",
    Kind.REMINDER_MISSING: "Reminder missing",
    Kind.MILESTONE_IGNORED: "Milestone ignored",
    Kind.UNSIGNED_HAND_OFF: "Unsigned hand-off",
    Kind.MISSING_RCA: "Root-cause analysis missing",
    Kind.CHANNEL_NOT_CLEARED: "Channel not cleared",
    Kind.MANDATE_BEYOND_LIMITS: "Mandate used beyond its limits",
    Kind.CHANGE_DURING_FREEZE: "Change during a freeze",
    Kind.SEVERAL_AT_ONCE: "Several people acting at once",
    Kind.PING_PONG: "Ping-pong of assignment",
    Kind.WITHOUT_ROLE: "Acting without a role",
    Kind.TWO_ACKNOWLEDGED: "Two people acknowledging at once",
}
CONFUSION = frozenset({Kind.SEVERAL_AT_ONCE, Kind.PING_PONG, Kind.WITHOUT_ROLE, Kind.TWO_ACKNOWLEDGED})
# The most telling first: what nobody may do before what came late.
GRAVITY = (
    *(Kind.SKIPPED_LEVEL, Kind.WRONG_PERSON, Kind.CHANNEL_NOT_CLEARED, Kind.MANDATE_BEYOND_LIMITS, Kind.WITHOUT_ROLE),
    Kind.CHANGE_DURING_FREEZE,
    *(Kind.MILESTONE_IGNORED, Kind.LEVEL_EARLY, Kind.LEVEL_LATE, Kind.MISSING_RCA, Kind.UNSIGNED_HAND_OFF, Kind.REMINDER_MISSING),
    *(Kind.BYPASS, Kind.TWO_ACKNOWLEDGED, Kind.SEVERAL_AT_ONCE, Kind.PING_PONG, Kind.LATE_STEP),
)


@dataclass(frozen=True, slots=True)
class Deviation:
    """Where an incident's course departed from the policy. `run` is the escalation's key, None where it belongs to none.

    `sequences` are the numbers of the run's passes that show it; `people` the keys of those concerned. `rationale` is the reason that was
    recorded for it, '' where none was. `number`, `service` and `service_key` are those of the incident. `weight` ranks it among its class: the more, the more
    telling.
    """

    kind: Kind
    incident: int
    at: datetime
    expected: str
    happened: str
    run: int | None = None
    sequences: tuple[int, ...] = ()
    level: int | None = None
    rationale: str = ""
    people: tuple[int, ...] = ()
    number: str = ""
    service: str = ""
    service_key: int = 0
    weight: int = 0

    @property
    def gravity(self) -> int:
        """Its place among the classes; with a recorded rationale after everything without one."""
        return GRAVITY.index(self.kind) + (len(GRAVITY) if self.rationale else 0)

    @property
    def address(self) -> str:
        """Where its incident's timeline stands in the portal."""
        return f"/admin/incidents/incident/{self.incident}/change/#inc-story-title"


def moment(microseconds: int) -> datetime:
    """The time of so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=int(microseconds))


def clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
