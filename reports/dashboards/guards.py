"""What the database refuses, whoever asks: a version of a dashboard that is changed or goes, and a dashboard that goes."""

from portal.foundation.database_guards import Guard

DASHBOARD, VERSION = "reports_dashboard", "reports_dashboardversion"
MESSAGE = "A version of a dashboard is never changed: it says what was looked at."
STAYS = "A dashboard is retired, never removed."

GUARDS = (
    Guard("reports_dashboardversion_no_update", VERSION, "UPDATE", MESSAGE),
    Guard("reports_dashboardversion_no_delete", VERSION, "DELETE", MESSAGE, truncate=True),
    # SQLite's INSERT OR REPLACE deletes without asking the trigger above.
    Guard(
        "reports_dashboardversion_no_replace",
        VERSION,
        "INSERT",
        MESSAGE,
        when=f"EXISTS (SELECT 1 FROM {VERSION} kept WHERE kept.id = NEW.id "  # noqa: S608 - constants
        "OR (kept.dashboard_id = NEW.dashboard_id AND kept.number = NEW.number))",
        on_postgresql="false",
    ),
    Guard("reports_dashboard_no_delete", DASHBOARD, "DELETE", STAYS, truncate=True),
)
