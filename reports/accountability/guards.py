"""What the database refuses, whoever asks: somebody's words about their own record that are changed or go.

With an erasure that two people let go the words alone are emptied; a hold on everything or on the person keeps them.
"""

# ruff: noqa: S608 - every part is a constant

from portal.foundation.database_guards import Guard

COMMENT = "reports_accountabilitycomment"
MESSAGE = "What somebody said about their record is never changed. Add another comment."

_OTHER = " OR ".join(("NEW.text <> ''", *(f"NEW.{name} <> OLD.{name}" for name in ("id", "person_id", "quarter", "at"))))
_LET_GO = """
EXISTS (SELECT 1 FROM audit_removal m
    WHERE m.kind = 'erasure' AND m.subject = 'person:' || OLD.person_id AND m.approved_at IS NOT NULL AND m.closed_at IS NULL)
"""
_HELD = """
EXISTS (SELECT 1 FROM audit_legalhold h WHERE h.lifted_at IS NULL
    AND (h.object_model = '' OR (h.object_model = 'portal.user' AND h.object_pk = CAST(OLD.person_id AS varchar(40)))))
"""

GUARDS = (
    Guard(f"{COMMENT}_no_update", COMMENT, "UPDATE", MESSAGE, when=f"{_OTHER} OR NOT {_LET_GO} OR {_HELD}"),
    Guard(f"{COMMENT}_no_delete", COMMENT, "DELETE", MESSAGE, truncate=True),
    # SQLite's INSERT OR REPLACE deletes without asking the trigger above.
    Guard(
        f"{COMMENT}_no_replace",
        COMMENT,
        "INSERT",
        MESSAGE,
        when=f"EXISTS (SELECT 1 FROM {COMMENT} kept WHERE kept.id = NEW.id)",
        on_postgresql="false",
    ),
)
