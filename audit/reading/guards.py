"""What the database refuses, whoever asks: a version of a view that is changed or goes, and a view that goes."""

from portal.foundation.database_guards import Guard

VIEW, VERSION = "audit_savedview", "audit_savedviewversion"
MESSAGE = "A version of a saved view is never changed: what it selected is named by what was reviewed with it."
STAYS = "A saved view is retired, never removed."

GUARDS = (
    Guard("audit_savedviewversion_no_update", VERSION, "UPDATE", MESSAGE),
    Guard("audit_savedviewversion_no_delete", VERSION, "DELETE", MESSAGE, truncate=True),
    # SQLite's INSERT OR REPLACE deletes without asking the trigger above.
    Guard(
        "audit_savedviewversion_no_replace",
        VERSION,
        "INSERT",
        MESSAGE,
        when=f"EXISTS (SELECT 1 FROM {VERSION} kept WHERE kept.id = NEW.id OR (kept.view_id = NEW.view_id AND kept.number = NEW.number))",  # noqa: S608 - constants
        on_postgresql="false",
    ),
    Guard("audit_savedview_no_delete", VIEW, "DELETE", STAYS, truncate=True),
)
