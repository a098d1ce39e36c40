"""What the database refuses about feedback: one that is forgotten, or counts again after it was withdrawn; words that are changed, or go under a hold."""

# ruff: noqa: S608 - every part is a constant

from portal.foundation.database_guards import Guard

FEEDBACK, WORDS = "incidents_feedback", "incidents_feedbackwords"
KEPT = "Feedback stays on record. Withdraw it, with a reason."
WITHDRAWN = "Feedback that was withdrawn stays as it is."
RECORDED = "When feedback was recorded, and by whom, stays as it is."
SAID = "Words of feedback are never changed. Correct the feedback: its earlier words stay until they are erased."
HELD = "A legal hold is on this feedback: its words stay."

_OTHERS = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in ("id", "feedback_id", "at"))
_BY = "COALESCE(NEW.by_id, 0) <> COALESCE(OLD.by_id, 0)"
_RECORDER = "COALESCE(NEW.recorded_by_id, 0) <> COALESCE(OLD.recorded_by_id, 0)"
_ON_HOLD = f"""
EXISTS (SELECT 1 FROM audit_legalhold h WHERE h.lifted_at IS NULL AND (h.object_model = ''
    OR (h.object_model = 'incidents.feedback' AND h.object_pk = CAST(OLD.feedback_id AS varchar(40)))
    OR (h.object_model = 'incidents.incident' AND h.object_pk IN
        (SELECT CAST(f.incident_id AS varchar(40)) FROM {FEEDBACK} f WHERE f.id = OLD.feedback_id AND f.incident_id IS NOT NULL))))
"""


def _there(table: str) -> str:
    """That SQLite's INSERT OR REPLACE would write over a row."""
    return f"EXISTS (SELECT 1 FROM {table} kept WHERE kept.id = NEW.id)"


GOVERNED = (
    Guard("feedback_no_delete", FEEDBACK, "DELETE", KEPT, truncate=True),
    Guard("feedback_no_replace", FEEDBACK, "INSERT", KEPT, when=_there(FEEDBACK), on_postgresql="false"),
    Guard("feedback_withdrawn_stays", FEEDBACK, "UPDATE", WITHDRAWN, when="OLD.withdrawn_at IS NOT NULL"),
    Guard(
        "feedback_as_recorded", FEEDBACK, "UPDATE", RECORDED, when=f"NEW.id <> OLD.id OR NEW.recorded_at <> OLD.recorded_at OR {_RECORDER}"
    ),
    Guard("feedback_words_no_delete", WORDS, "DELETE", SAID, truncate=True),
    Guard("feedback_words_no_replace", WORDS, "INSERT", SAID, when=_there(WORDS), on_postgresql="false"),
    Guard(
        "feedback_words_only_erased",
        WORDS,
        "UPDATE",
        SAID,
        when=f"NEW.text <> '' OR NOT NEW.erased OR OLD.erased OR {_OTHERS} OR {_BY}",
    ),
    Guard("feedback_words_held", WORDS, "UPDATE", HELD, when=_ON_HOLD),
)
