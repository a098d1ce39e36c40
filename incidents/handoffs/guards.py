"""What the database refuses about hand-offs: a signature that goes, and anything at all about one that is settled.

The conditions are SQL that SQLite and PostgreSQL read alike; every part of it is a constant of this file.
"""

# ruff: noqa: S608
from portal.foundation.database_guards import Guard

TABLE = "incidents_handoff"
SIGNED = "What was signed stays as it was signed."
# The engine's reminders count on an open row; nothing else of it changes but signatures and the end.
_FIXED = ("id", "incident_id", "track", "kind", "giver_id", "by_engine", "note", "offered_at", "content", "content_sha256")
_ONCE = ("given_at", "received_at", "receiver_id")


def _changed() -> str:
    fixed = [f"OLD.{name} <> NEW.{name}" for name in _FIXED]
    once = [f"(OLD.{name} IS NOT NULL AND (NEW.{name} IS NULL OR NEW.{name} <> OLD.{name}))" for name in _ONCE]
    return " OR ".join([*fixed, *once])


GOVERNED = (
    Guard("hand_off_settled_stays", TABLE, "UPDATE", "A hand-off that is settled never changes again.", "OLD.state <> 'open'"),
    Guard("hand_off_signature_stays", TABLE, "UPDATE", SIGNED, f"OLD.state = 'open' AND ({_changed()})"),
    Guard("hand_off_no_delete", TABLE, "DELETE", "A hand-off is never deleted.", truncate=True),
    Guard("hand_off_begins_open", TABLE, "INSERT", "A hand-off begins open and is settled later.", "NEW.state <> 'open'"),
    # SQLite's INSERT OR REPLACE deletes without asking the DELETE trigger.
    Guard(
        "hand_off_no_replace",
        TABLE,
        "INSERT",
        "There is such a hand-off already.",
        f"EXISTS (SELECT 1 FROM {TABLE} kept WHERE kept.id = NEW.id OR (kept.incident_id = NEW.incident_id AND kept.track = NEW.track "
        "AND kept.state = 'open' AND kept.received_at IS NULL AND NEW.received_at IS NULL))",
    ),
)
