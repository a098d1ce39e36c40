"""What the database refuses about uses of mandates: one that is forgotten, prolonged, told otherwise or reviewed twice."""

from portal.foundation.database_guards import Guard

USE = "incidents_mandateuse"
KEPT = ("id", "incident_id", "mandate", "used_by_id", "held_as", "limits", "reason", "used_at", "until", "review_due_at")
STAYS = "The use of a mandate stays as it was told. It can be ended once and reviewed once."

GOVERNED = (
    Guard("mandate_use_stays", USE, "UPDATE", STAYS, " OR ".join(f"OLD.{name} <> NEW.{name}" for name in KEPT)),
    Guard(
        "mandate_use_ended_once",
        USE,
        "UPDATE",
        STAYS,
        "OLD.ended_at IS NOT NULL AND (NEW.ended_at IS NULL OR NEW.ended_at <> OLD.ended_at OR NEW.ended_by_id <> OLD.ended_by_id)",
    ),
    Guard(
        "mandate_use_reviewed_once",
        USE,
        "UPDATE",
        STAYS,
        "OLD.reviewed_at IS NOT NULL AND (NEW.reviewed_at IS NULL OR NEW.reviewed_at <> OLD.reviewed_at "
        "OR NEW.reviewed_by_id <> OLD.reviewed_by_id OR NEW.verdict <> OLD.verdict OR NEW.review_reason <> OLD.review_reason)",
    ),
    Guard("mandate_use_no_delete", USE, "DELETE", STAYS, truncate=True),
    # SQLite's INSERT OR REPLACE deletes without asking the DELETE trigger.
    Guard("mandate_use_no_replace", USE, "INSERT", STAYS, "EXISTS (SELECT 1 FROM incidents_mandateuse kept WHERE kept.id = NEW.id)"),
)
