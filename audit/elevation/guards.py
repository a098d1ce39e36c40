"""What the database refuses, whoever asks: a role for longer than an hour, one that is stretched or hidden afterwards."""

from portal.foundation.database_guards import Guard

LONGEST_MINUTES = 60
TOO_LONG = "A role is taken for an hour at most."
STAYS = "A role that was taken stays on record as it was taken; it can only end earlier and be reviewed, once."

# A second is for what a database rounds when it counts in days.
_LONGER = f"(julianday(NEW.until) - julianday(NEW.started_at)) * 86400 > {LONGEST_MINUTES * 60 + 1}"
_LONGER_ON_POSTGRESQL = f"NEW.until > NEW.started_at + interval '{LONGEST_MINUTES} minutes'"
_KEPT = ("id", "person_id", "role", "rights", "withheld", "reason", "started_at", "until", "review_due_at")
_ANOTHER = " OR ".join(f"NEW.{column} <> OLD.{column}" for column in _KEPT)
_ENDED_AGAIN = "OLD.ended_at IS NOT NULL AND (NEW.ended_at IS NULL OR NEW.ended_at <> OLD.ended_at)"
_REVIEWED_AGAIN = (
    "OLD.reviewed_at IS NOT NULL AND (NEW.reviewed_at IS NULL OR NEW.reviewed_at <> OLD.reviewed_at OR NEW.verdict <> OLD.verdict)"
)

GUARDS = (
    Guard("audit_elevation_an_hour", "audit_elevation", "INSERT", TOO_LONG, when=_LONGER, on_postgresql=_LONGER_ON_POSTGRESQL),
    Guard("audit_elevation_stays", "audit_elevation", "UPDATE", STAYS, when=f"{_ANOTHER} OR {_ENDED_AGAIN} OR {_REVIEWED_AGAIN}"),
    Guard("audit_elevation_no_delete", "audit_elevation", "DELETE", STAYS, truncate=True),
)
