"""What the database refuses about acceptances: each is of what was approved, and stays as it is."""

# ruff: noqa: S608
from portal.foundation.database_guards import Guard

ACCEPTANCE, VERSION = "policies_acceptance", "policies_policyversion"
STAYS = "An acceptance is never changed or removed."

GOVERNED = (
    Guard("policy_acceptance_no_update", ACCEPTANCE, "UPDATE", STAYS),
    Guard("policy_acceptance_no_delete", ACCEPTANCE, "DELETE", STAYS, truncate=True),
    # SQLite's INSERT OR REPLACE deletes without asking the DELETE trigger.
    Guard(
        "policy_acceptance_no_replace",
        ACCEPTANCE,
        "INSERT",
        "This person has accepted this version already.",
        f"EXISTS (SELECT 1 FROM {ACCEPTANCE} kept WHERE kept.id = NEW.id OR "
        "(kept.version_id = NEW.version_id AND kept.person_id = NEW.person_id))",
    ),
    Guard(
        "policy_acceptance_of_what_was_approved",
        ACCEPTANCE,
        "INSERT",
        "An acceptance is of an approved version, by its hash.",
        f"NOT EXISTS (SELECT 1 FROM {VERSION} v WHERE v.id = NEW.version_id AND v.state = 'approved' "
        "AND v.content_sha256 = NEW.content_sha256)",
    ),
)
