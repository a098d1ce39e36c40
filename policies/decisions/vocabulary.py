"""The words every decision shares: severities, priorities, comparisons, and the content of a policy version as plain values."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from operator import ge, gt, le, lt
from typing import Any


class Severity(StrEnum):
    """How bad it is for users; SEV1 is the worst. Strings sort from the worst down."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"

    @property
    def label(self) -> str:
        return {"SEV1": "SEV1 critical", "SEV2": "SEV2 major", "SEV3": "SEV3 moderate", "SEV4": "SEV4 minor"}[self.value]


class Scale(IntEnum):
    """ITIL's three steps of impact and of urgency."""

    HIGH = 1
    MEDIUM = 2
    LOW = 3

    @property
    def label(self) -> str:
        return self.name.capitalize()


class Priority(IntEnum):
    """The order in which incidents are worked. P5 is 'planning' in systems that have it."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4
    P5 = 5

    @property
    def label(self) -> str:
        return {1: "P1 critical", 2: "P2 high", 3: "P3 moderate", 4: "P4 low", 5: "P5 planning"}[self.value]


class Comparison(Enum):
    """How a reading is held against a value."""

    AT_LEAST = ">="
    ABOVE = ">"
    AT_MOST = "<="
    BELOW = "<"

    @property
    def words(self) -> str:
        return {">=": "is at least", ">": "is above", "<=": "is at most", "<": "is below"}[self.value]

    def holds(self, reading: Decimal, value: Decimal) -> bool:
        compare: dict[str, Callable[[Decimal, Decimal], bool]] = {">=": ge, ">": gt, "<=": le, "<": lt}
        return compare[self.value](reading, value)


@dataclass(frozen=True, slots=True)
class CriterionRule:
    """One condition on one measure; value in the measure's unit."""

    measure: str
    comparison: Comparison
    value: Decimal
    window: timedelta
    for_at_least: timedelta


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """Conditions, combined by 'all' or 'any', and what follows when they hold."""

    name: str
    combine: str
    severity: Severity
    start_level: int
    criteria: tuple[CriterionRule, ...]


@dataclass(frozen=True, slots=True)
class TargetRule:
    """A place in a level: a person or a schedule, by primary key, with the name it had."""

    position: int
    person_id: int | None
    schedule_id: int | None
    name: str

    @property
    def role(self) -> str:
        return "primary" if self.position == 1 else f"backup {self.position - 1}"


@dataclass(frozen=True, slots=True)
class LevelRule:
    """A level: its window runs from its first alert to the next level; `backup_after` from one person to the next."""

    number: int
    name: str
    kind: str
    window: timedelta
    backup_after: timedelta
    targets: tuple[TargetRule, ...]


@dataclass(frozen=True, slots=True)
class PolicySnapshot:
    """The content of one policy version, as the decisions eat it."""

    thresholds: tuple[ThresholdRule, ...]
    levels: tuple[LevelRule, ...]
    resolve_within: timedelta | None


def snapshot_from(content: dict[str, Any]) -> PolicySnapshot:
    """Reads frozen canonical content (see policies.governance.snapshots). Durations are whole seconds, numbers are text."""
    return PolicySnapshot(
        thresholds=tuple(
            ThresholdRule(
                name=threshold["name"],
                combine=threshold["combine"],
                severity=Severity(threshold["severity"]),
                start_level=threshold["start_level"],
                criteria=tuple(
                    CriterionRule(
                        measure=criterion["measure"],
                        comparison=Comparison(criterion["comparison"]),
                        value=Decimal(criterion["value"]),
                        window=timedelta(seconds=criterion["window_seconds"]),
                        for_at_least=timedelta(seconds=criterion["for_at_least_seconds"]),
                    )
                    for criterion in threshold["criteria"]
                ),
            )
            for threshold in content["thresholds"]
        ),
        levels=tuple(
            LevelRule(
                number=level["number"],
                name=level["name"],
                kind=level["kind"],
                window=timedelta(seconds=level["window_seconds"]),
                backup_after=timedelta(seconds=level["backup_after_seconds"]),
                targets=tuple(
                    TargetRule(target["position"], target["person_id"], target["schedule_id"], target["name"])
                    for target in level["targets"]
                ),
            )
            for level in content["levels"]
        ),
        resolve_within=None if content["resolve_within_seconds"] is None else timedelta(seconds=content["resolve_within_seconds"]),
    )
