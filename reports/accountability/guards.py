"""What the database refuses, whoever asks: somebody's words about their own record that are changed or go."""

from portal.foundation.database_guards import Guard

COMMENT = "reports_accountabilitycomment"
MESSAGE = "What somebody said about their record is never changed. Add another comment."

GUARDS = (
    Guard(f"{COMMENT}_no_update", COMMENT, "UPDATE", MESSAGE),
    Guard(f"{COMMENT}_no_delete", COMMENT, "DELETE", MESSAGE, truncate=True),
    # SQLite's INSERT OR REPLACE deletes without asking the trigger above.
    Guard(
        f"{COMMENT}_no_replace",
        COMMENT,
        "INSERT",
        MESSAGE,
        when=f"EXISTS (SELECT 1 FROM {COMMENT} kept WHERE kept.id = NEW.id)",  # noqa: S608 - constants
        on_postgresql="false",
    ),
)
