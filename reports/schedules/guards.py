"""What the database refuses, whoever asks: a schedule that goes, and a pack of it that is forgotten or becomes that of another stretch."""

from portal.foundation.database_guards import Guard

SCHEDULE, PACK = "reports_packschedule", "reports_scheduledpack"
STAYS = "A schedule of packs is retired, never removed."
ONCE = "A schedule makes one pack in each stretch, and what it made stays on record."
_OTHER = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in ("id", "schedule_id", "period", "quarter", "due_at", "opened_at"))

GUARDS = (
    Guard("reports_packschedule_no_delete", SCHEDULE, "DELETE", STAYS, truncate=True),
    Guard("reports_scheduledpack_no_delete", PACK, "DELETE", ONCE, truncate=True),
    Guard("reports_scheduledpack_keeps_stretch", PACK, "UPDATE", ONCE, when=_OTHER),
    # SQLite's INSERT OR REPLACE deletes without asking the trigger above.
    Guard(
        "reports_scheduledpack_no_replace",
        PACK,
        "INSERT",
        ONCE,
        when=f"EXISTS (SELECT 1 FROM {PACK} kept WHERE kept.id = NEW.id "  # noqa: S608 - constants
        "OR (kept.schedule_id = NEW.schedule_id AND kept.period = NEW.period))",
        on_postgresql="false",
    ),
)
