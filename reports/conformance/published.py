"""Every class with its definition: the docstring of the rule that finds it."""

from collections.abc import Callable, Collection
from typing import Any

from reports.document import Definition
from reports.metrics.definitions import definition_of

from . import confusion, records, route, timing
from .values import Kind

RULES: dict[Kind, Callable[..., Any]] = {
    Kind.LATE_STEP: timing.late_step,
    Kind.LEVEL_EARLY: timing.level_early,
    Kind.LEVEL_LATE: timing.level_late,
    Kind.SKIPPED_LEVEL: route.skipped_level,
    Kind.BYPASS: route.bypass,
    Kind.WRONG_PERSON: route.wrong_person,
    Kind.REMINDER_MISSING: timing.reminder_missing,
    Kind.MILESTONE_IGNORED: timing.milestone_ignored,
    Kind.UNSIGNED_HAND_OFF: records.unsigned_hand_off,
    Kind.MISSING_RCA: records.missing_rca,
    Kind.CHANNEL_NOT_CLEARED: records.channel_not_cleared,
    Kind.MANDATE_BEYOND_LIMITS: records.mandate_beyond_limits,
    Kind.CHANGE_DURING_FREEZE: records.change_during_freeze,
    Kind.SEVERAL_AT_ONCE: confusion.several_at_once,
    Kind.PING_PONG: confusion.ping_pong,
    Kind.WITHOUT_ROLE: confusion.without_role,
    Kind.TWO_ACKNOWLEDGED: confusion.two_acknowledged,
}


def definitions_of(kinds: Collection[Kind] = tuple(RULES)) -> tuple[Definition, ...]:
    """As a pack prints them: of `kinds`, in the order of the rules."""
    return tuple(Definition(kind.value, kind.words, "deviations", definition_of(rule)) for kind, rule in RULES.items() if kind in kinds)


def definition_in_words(kind: Kind) -> str:
    return definition_of(RULES[kind])
