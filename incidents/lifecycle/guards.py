"""What the database refuses about incidents, whoever asks and by whatever road: a marker that goes, rules that are exchanged.

The conditions are SQL that SQLite and PostgreSQL read alike; every part of it is a constant of this file.
"""

# ruff: noqa: S608
from portal.foundation.database_guards import Guard

from .facts import MARKERS

INCIDENT = "incidents_incident"
STAYS = "Personal data, a regulated workload and a suspected data breach stay marked once they are."


def is_marked(row: str) -> str:
    """SQL: whether the incident `row` is marked."""
    return "(" + " OR ".join(f"{row}.{name}" for name in MARKERS) + ")"


GOVERNED = (
    Guard("incident_marker_stays", INCIDENT, "UPDATE", STAYS, " OR ".join(f"(OLD.{name} AND NOT NEW.{name})" for name in MARKERS)),
    Guard("incident_marked_no_delete", INCIDENT, "DELETE", "An incident with a marker is never deleted.", is_marked("OLD"), truncate=True),
    # SQLite's INSERT OR REPLACE deletes without asking the DELETE trigger; PostgreSQL has no such thing.
    Guard(
        "incident_marked_no_replace",
        INCIDENT,
        "INSERT",
        "There is such an incident already, and it is marked.",
        f"EXISTS (SELECT 1 FROM {INCIDENT} kept WHERE (kept.id = NEW.id OR kept.number = NEW.number) AND {is_marked('kept')})",
        on_postgresql="false",
    ),
    Guard(
        "incident_marked_stays_ours",
        INCIDENT,
        "UPDATE",
        "An incident with a marker keeps its number, its service and how it came here: its legal and compliance track hangs on them.",
        f"{is_marked('OLD')} AND (OLD.id <> NEW.id OR OLD.origin <> NEW.origin OR OLD.service_id <> NEW.service_id "
        "OR OLD.number <> NEW.number)",
    ),
    Guard(
        "incident_keeps_its_rules",
        INCIDENT,
        "UPDATE",
        "An incident is judged by the policy versions in force when it was opened. They are never exchanged.",
        "OLD.policy_version_id IS NOT NULL AND (NEW.policy_version_id IS NULL OR OLD.policy_version_id <> NEW.policy_version_id "
        "OR OLD.rule_versions <> NEW.rule_versions)",
    ),
)
