"""What the database refuses about escalations: a run exchanged for another, the legal and compliance track dropped in silence.

The conditions are SQL that SQLite and PostgreSQL read alike; every part of it is a constant of this file.
"""

# ruff: noqa: S608
from incidents.lifecycle.guards import INCIDENT, is_marked
from policies.decisions.vocabulary import Track
from portal.foundation.database_guards import Guard

RUN = "incidents_escalationrun"
COMPLIANCE = Track.COMPLIANCE.value
GOES_ON = "The legal and compliance track of a marked incident goes on until a person acknowledges it."
IDENTITY = ("id", "incident_id", "track", "opening", "policy_version_id", "content_sha256")


def _of_marked(row: str) -> str:
    incident = f"SELECT 1 FROM {INCIDENT} i WHERE i.id = {row}.incident_id AND {is_marked('i')}"
    return f"{row}.track = '{COMPLIANCE}' AND EXISTS ({incident})"


# The engine itself ends one as exhausted when nobody is left: one look further, dated, and told to the owner of last resort.
_EXHAUSTED = "OLD.state = 'paging' AND NEW.state = 'exhausted' AND NEW.sequence > OLD.sequence AND NEW.ended_at IS NOT NULL"

GOVERNED = (
    Guard(
        "escalation_run_keeps_identity",
        RUN,
        "UPDATE",
        "A run keeps its incident, its track, its opening and the version that it follows.",
        " OR ".join(f"OLD.{name} <> NEW.{name}" for name in IDENTITY),
    ),
    Guard(
        "escalation_compliance_goes_on",
        RUN,
        "UPDATE",
        GOES_ON,
        f"OLD.state <> NEW.state AND (NEW.acknowledged_at IS NULL OR NEW.acknowledged_by_id IS NULL) AND NOT ({_EXHAUSTED}) "
        f"AND {_of_marked('NEW')}",
        only_if="OLD.state <> NEW.state",
    ),
    Guard(
        "escalation_compliance_keeps_answer",
        RUN,
        "UPDATE",
        "Who acknowledged the legal and compliance track stays on record.",
        f"OLD.track = '{COMPLIANCE}' AND OLD.acknowledged_at IS NOT NULL AND (NEW.acknowledged_at IS NULL "
        "OR NEW.acknowledged_at <> OLD.acknowledged_at OR NEW.acknowledged_by_id IS NULL OR NEW.acknowledged_by_id <> OLD.acknowledged_by_id)",
    ),
    Guard("escalation_compliance_no_delete", RUN, "DELETE", GOES_ON, _of_marked("OLD"), truncate=True),
    Guard("escalation_compliance_begins", RUN, "INSERT", GOES_ON, f"NEW.state <> 'paging' AND {_of_marked('NEW')}"),
    # SQLite's INSERT OR REPLACE deletes without asking the DELETE trigger; PostgreSQL has no such thing.
    Guard(
        "escalation_compliance_no_replace",
        RUN,
        "INSERT",
        GOES_ON,
        f"EXISTS (SELECT 1 FROM {RUN} kept WHERE (kept.id = NEW.id OR (kept.incident_id = NEW.incident_id AND kept.track = NEW.track "
        f"AND (kept.opening = NEW.opening OR kept.state IN ('paging', 'acknowledged')))) AND {_of_marked('kept')})",
        on_postgresql="false",
    ),
)
