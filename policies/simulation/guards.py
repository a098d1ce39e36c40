"""What the database refuses about replays: a finished one is evidence."""

from portal.foundation.database_guards import Guard

REPLAY = "policies_replayrun"
STAYS = "A finished replay is evidence of its change: it is never changed or removed. Run another one."

GOVERNED = (
    Guard("policy_replay_no_update", REPLAY, "UPDATE", STAYS, "OLD.state = 'done'"),
    Guard("policy_replay_no_delete", REPLAY, "DELETE", STAYS, "OLD.state = 'done'", truncate=True),
    # SQLite's INSERT OR REPLACE deletes without asking the DELETE trigger.
    Guard("policy_replay_no_replace", REPLAY, "INSERT", STAYS, f"EXISTS (SELECT 1 FROM {REPLAY} kept WHERE kept.id = NEW.id)"),  # noqa: S608
)
