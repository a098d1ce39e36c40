"""Which events are kept how long: classes by what an event's type begins with. Pure; the periods themselves are RetentionPeriod rows."""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

# Seven years: what commercial and tax law of most countries asks of business records. A year: what a regulator may look back at least.
DEFAULT_MONTHS, FEWEST_MONTHS, MOST_MONTHS = 84, 12, 600

# Without these nobody could follow keys, restores, exports, holds, and what went, nor hold a signed review against what was signed: they are
# never removed, nor does a class hold them.
FOR_GOOD = ("ledger.key_rotated", "ledger.restored", "evidence.exported", "log_review.signed", "access_review.signed")
FOR_GOOD_BEGINNINGS = ("retention.", "erasure.", "hold.")


@dataclass(frozen=True, slots=True)
class EventClass:
    """A class of events. `beginnings` are first words of event types ('incident' of 'incident.declared')."""

    key: str
    title: str
    beginnings: tuple[str, ...]


CLASSES: tuple[EventClass, ...] = (
    EventClass(
        "incidents",
        "Incidents and escalations",
        (
            "incident",
            "incidents",
            "reading",
            "escalation",
            "engine",
            "handoff",
            "mandate",
            "drill",
            "outage",
            "problem",
            "change",
            "knownerror",
            "feedback",
        ),
    ),
    EventClass(
        "rules",
        "Policies, duty and governance",
        (
            *("policy", "policy_version", "policy_review", "version", "threshold", "replay_run", "acceptances", "knowledgeduty"),
            *("trainingrecord", "delegatedauthority", "schedule_plan", "rota_layer", "oncall_override", "duty_absence", "duty_swap"),
            *("duty_page", "holiday", "holiday_calendar", "calendar", "calendar_source", "calendar_feed", "coverage", "availability"),
        ),
    ),
    EventClass(
        "access",
        "Access, sign-ins and rights",
        ("account", "access", "right", "rights", "role", "roles", "token", "user", "trail", "saved_view", "directory"),
    ),
    EventClass("messages", "Messages and ways to reach people", ("message", "channelrule", "contactpoint", "contactrules")),
    EventClass("ledger", "The ledger's own routine", ("ledger", "evidence", "anchor")),
    EventClass("other", "Everything else", ()),
)
OTHER = CLASSES[-1]
BY_KEY = {one.key: one for one in CLASSES}
_BY_BEGINNING = {beginning: one for one in CLASSES for beginning in one.beginnings}


def is_for_good(event_type: str) -> bool:
    """Whether no period ever ends for events of this type."""
    return event_type in FOR_GOOD or event_type.startswith(FOR_GOOD_BEGINNINGS)


def class_of(event_type: str) -> EventClass:
    """The class of an event that is not kept for good."""
    return _BY_BEGINNING.get(event_type.partition(".")[0], OTHER)


def kept_from(now: datetime, months: int) -> datetime:
    """What was recorded before this is older than `months` calendar months; 31 March less one month is the last of February."""
    years, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    last = calendar.monthrange(years, month + 1)[1]
    return now.replace(year=years, month=month + 1, day=min(now.day, last))


def ends_of(periods: Mapping[str, int], now: datetime) -> dict[str, datetime]:
    """For each class the moment before which its events are older than its period, in months."""
    return {one.key: kept_from(now, periods.get(one.key, DEFAULT_MONTHS)) for one in CLASSES}
