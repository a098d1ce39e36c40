"""What the database refuses about reviews: what was drawn stays, marks change only while a period is open, and what is signed is frozen."""

# ruff: noqa: S608 - every part is a constant
from portal.foundation.database_guards import Guard

from .states import PERIOD, PeriodState

PLAN, PERIODS, ITEM, FINDING, SIGNATURE = (
    f"audit_{name}" for name in ("reviewplan", "reviewperiod", "reviewitem", "reviewfinding", "reviewsignoff")
)
STAYS = "A review stays: what it looked at, what was said and who signed are evidence."
IDENTITY = "A review keeps what it looks at, from its opening on."
STATES = "A review is drawn, judged, closed and signed, in this order; what is signed is never changed."
DRAWN = "Entries are drawn once, when a review opens."
FROZEN = "Marks change only while their review is open."
ENTRY = "An entry of a review stays the entry that was drawn."
ONCE = "A review is signed once, when it is closed, and a signature is never changed."
SECOND = "Whoever judged entries of this review may not sign it: its plan asks for a second person."


def _changed(*columns: str) -> str:
    """That one of these columns, none of which may be empty, is another now."""
    return " OR ".join(f"NEW.{column} <> OLD.{column}" for column in columns)


def _there(table: str, or_when: str = "") -> str:
    """That SQLite's INSERT OR REPLACE would write over a row."""
    return f"EXISTS (SELECT 1 FROM {table} kept WHERE kept.id = NEW.id{or_when})"


def _state_is(row: str, state: PeriodState, period: str = "period_id") -> str:
    return f"EXISTS (SELECT 1 FROM {PERIODS} p WHERE p.id = {row}.{period} AND p.state = '{state.value}')"


_ALLOWED = " OR ".join(
    f"OLD.state = '{now.value}' AND NEW.state = '{then.value}'"
    for now, after in PERIOD.items()
    for then in (*after, *((now,) if now is not PeriodState.SIGNED else ()))
)
_PINNED = _changed(
    *("id", "plan_id", "view_version_id", "since", "until", "opened_at", "epoch", "first", "size", "root", "seed", "rationale"),
    *("second_signature", "due_at"),
)
_SAMPLE = f"OLD.state <> '{PeriodState.DRAWING.value}' AND ({_changed('entries', 'digest', 'drawn')})"
_BY_WHO_JUDGED = (
    f"EXISTS (SELECT 1 FROM {ITEM} i JOIN {PERIODS} p ON p.id = i.period_id "
    "WHERE i.period_id = NEW.period_id AND p.second_signature AND i.judged_by_id = NEW.by_id)"
)
_SIGNED_ANEW = _there(SIGNATURE, " OR kept.period_id = NEW.period_id")
_NO_ENTRY_YET = f"NOT {_state_is('NEW', PeriodState.DRAWING)}"
_UNSIGNED = f"NEW.state = '{PeriodState.SIGNED.value}' AND NOT EXISTS (SELECT 1 FROM {SIGNATURE} s WHERE s.period_id = NEW.id)"

GUARDS = (
    Guard("audit_reviewplan_no_delete", PLAN, "DELETE", "A plan of reviews is retired, never removed.", truncate=True),
    Guard("audit_reviewperiod_no_delete", PERIODS, "DELETE", STAYS, truncate=True),
    Guard(
        "audit_reviewperiod_is_drawn_first",
        PERIODS,
        "INSERT",
        STATES,
        when=f"NEW.state <> '{PeriodState.DRAWING.value}' OR "
        + _there(PERIODS, " OR (kept.plan_id = NEW.plan_id AND kept.since = NEW.since)"),
        on_postgresql=f"NEW.state <> '{PeriodState.DRAWING.value}'",
    ),
    Guard("audit_reviewperiod_keeps_identity", PERIODS, "UPDATE", IDENTITY, when=f"{_PINNED} OR {_SAMPLE}"),
    Guard("audit_reviewperiod_by_states", PERIODS, "UPDATE", STATES, when=f"NOT ({_ALLOWED}) OR {_UNSIGNED}"),
    Guard("audit_reviewitem_no_delete", ITEM, "DELETE", STAYS, truncate=True),
    Guard(
        "audit_reviewitem_is_drawn",
        ITEM,
        "INSERT",
        DRAWN,
        when=f"{_NO_ENTRY_YET} OR NEW.mark <> '' OR {_there(ITEM, ' OR (kept.period_id = NEW.period_id AND kept.place = NEW.place)')}",
        on_postgresql=f"NEW.mark <> '' OR {_NO_ENTRY_YET}",
    ),
    Guard(
        "audit_reviewitem_keeps_entry",
        ITEM,
        "UPDATE",
        ENTRY,
        when=_changed("id", "period_id", "place", "event", "recorded_at", "actor", "behalf", "about", "drawn_as"),
    ),
    Guard("audit_reviewitem_frozen", ITEM, "UPDATE", FROZEN, when=f"NOT {_state_is('OLD', PeriodState.OPEN)}"),
    Guard("audit_reviewfinding_no_delete", FINDING, "DELETE", "A finding is resolved or withdrawn, never removed.", truncate=True),
    Guard("audit_reviewfinding_keeps_review", FINDING, "UPDATE", ENTRY, when=_changed("id", "period_id", "title", "made_by_id", "made_at")),
    Guard("audit_reviewsignoff_no_delete", SIGNATURE, "DELETE", ONCE, truncate=True),
    Guard("audit_reviewsignoff_no_update", SIGNATURE, "UPDATE", ONCE),
    Guard(
        "audit_reviewsignoff_when_closed",
        SIGNATURE,
        "INSERT",
        ONCE,
        when=f"NOT {_state_is('NEW', PeriodState.CLOSED)} OR {_SIGNED_ANEW}",
        on_postgresql=f"NOT {_state_is('NEW', PeriodState.CLOSED)}",
    ),
    Guard("audit_reviewsignoff_by_another", SIGNATURE, "INSERT", SECOND, when=_BY_WHO_JUDGED),
)
