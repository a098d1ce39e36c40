"""Whether what an event tells was done, refused or failed: by its type alone, so that a database can say it too. Pure."""

DONE, REFUSED, FAILED = "done", "refused", "failed"
OUTCOMES = {DONE: "done", REFUSED: "refused", FAILED: "failed"}
# The last word of a type, and what it ends with.
REFUSED_WORDS, REFUSED_ENDING = ("denied", "refused"), "_refused"
FAILED_WORDS, FAILED_ENDING = ("failed", "not_sent", "odd_due_time"), "_failed"


def outcome_of(event_type: str) -> str:
    """'refused' of 'access.denied', 'failed' of 'evidence.export_failed', 'done' of everything else."""
    verb = event_type.rpartition(".")[2]
    if verb in REFUSED_WORDS or verb.endswith(REFUSED_ENDING):
        return REFUSED
    if verb in FAILED_WORDS or verb.endswith(FAILED_ENDING):
        return FAILED
    return DONE
