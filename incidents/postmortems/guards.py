"""What the database refuses about post-mortems: one that is forgotten, or told otherwise after it was published."""

from portal.foundation.database_guards import Guard

POST_MORTEM, ACTION = "incidents_postmortem", "incidents_postmortemaction"
ENDED = "A post-mortem that was published or waived stays as it is."
KEPT = "A post-mortem stays with its incident."
SETTLED = "An action that was settled stays as it is."
FORGOTTEN = "An action of a post-mortem that was published or waived is settled, not deleted."

GOVERNED = (
    Guard("post_mortem_stays", POST_MORTEM, "UPDATE", ENDED, "OLD.state <> 'draft'"),
    Guard("post_mortem_of_its_incident", POST_MORTEM, "UPDATE", KEPT, "OLD.id <> NEW.id OR OLD.incident_id <> NEW.incident_id"),
    Guard("post_mortem_no_delete", POST_MORTEM, "DELETE", KEPT, truncate=True),
    Guard("post_mortem_no_replace", POST_MORTEM, "INSERT", KEPT, "EXISTS (SELECT 1 FROM incidents_postmortem kept WHERE kept.id = NEW.id)"),
    Guard("post_mortem_action_stays", ACTION, "UPDATE", SETTLED, "OLD.state <> 'open'"),
    Guard(
        "post_mortem_action_no_delete",
        ACTION,
        "DELETE",
        FORGOTTEN,
        "OLD.state <> 'open' OR EXISTS (SELECT 1 FROM incidents_postmortem told WHERE told.id = OLD.post_mortem_id AND told.state <> 'draft')",
    ),
)
