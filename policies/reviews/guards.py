"""What the database refuses about reviews: a signed one is evidence, and none disappears."""

# ruff: noqa: S608
from portal.foundation.database_guards import Guard

REVIEW = "policies_policyreview"
SIGNED = "A signed review is never changed. The next one may decide otherwise."
STAYS = "A review stays: an unsigned one waits for a signature, a signed one is evidence."
IDENTITY = " OR ".join(
    f"OLD.{name} <> NEW.{name}" for name in ("id", "policy_id", "kind", "period", "period_start", "period_end", "opened_at")
)

GOVERNED = (
    Guard("policy_review_no_update", REVIEW, "UPDATE", SIGNED, "OLD.signed_at IS NOT NULL"),
    Guard("policy_review_keeps_identity", REVIEW, "UPDATE", "A review keeps its policy, kind and period.", IDENTITY),
    Guard("policy_review_starts_unsigned", REVIEW, "INSERT", "A review is opened before it is signed.", "NEW.signed_at IS NOT NULL"),
    Guard("policy_review_no_delete", REVIEW, "DELETE", STAYS, truncate=True),
    # SQLite's INSERT OR REPLACE deletes without asking the DELETE trigger.
    Guard(
        "policy_review_no_replace",
        REVIEW,
        "INSERT",
        "There is such a review already.",
        f"EXISTS (SELECT 1 FROM {REVIEW} kept WHERE kept.id = NEW.id OR "
        "(kept.policy_id = NEW.policy_id AND kept.kind = NEW.kind AND kept.period = NEW.period))",
    ),
)
