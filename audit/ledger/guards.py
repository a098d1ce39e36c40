"""What the database refuses, whoever asks: an event is never changed or written over. Which may be removed says audit.retention.guards."""

from portal.foundation.database_guards import Echo, Guard

TABLE = "audit_ledgerevent"
MESSAGE = "The audit trail is only ever added to."

APPEND_ONLY = (
    Guard("audit_event_no_update", TABLE, "UPDATE", MESSAGE),
    # SQLite's INSERT OR REPLACE deletes without asking the DELETE trigger. PostgreSQL has no such thing; its plan of the question, made when
    # the table was empty, would read the whole table for every row.
    Guard(
        "audit_event_no_replace",
        TABLE,
        "INSERT",
        MESSAGE,
        when=f"EXISTS (SELECT 1 FROM {TABLE} kept WHERE kept.id = NEW.id OR kept.event_id = NEW.event_id)",  # noqa: S608 - both parts are constants
        on_postgresql="false",
    ),
)

# Whatever way an event comes in, the tree gets to know of it.
INTO_THE_INBOX = (
    Echo(
        "audit_event_into_inbox",
        TABLE,
        "INSERT",
        "INSERT INTO audit_ledgerinbox (event, \"transaction\") VALUES (NEW.id, '')",
        # The witnesses of governed tables look there whether this transaction has told of itself (docs/adr/0009).
        on_postgresql=(
            "INSERT INTO audit_ledgerinbox (event, transaction) VALUES (NEW.id, pg_current_xact_id()::text); "
            "PERFORM set_config('portal.told', pg_current_xact_id()::text, true), set_config('portal.event', NEW.id::text, true)"
        ),
    ),
)
