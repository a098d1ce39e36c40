"""Who would be alerted for an incident: the roster of its policy, with what its own severity asks for."""

from datetime import datetime

from incidents.lifecycle.models import Incident
from policies.decisions.escalation_facts import Roster
from policies.decisions.ruleset import PolicySnapshot
from policies.decisions.vocabulary import Severity
from policies.oncall.roster import roster_at

from .effects import subject_ref

URGENT = frozenset({Severity.SEV1.value, Severity.SEV2.value})


def roster_for(incident: Incident, snapshot: PolicySnapshot, at: datetime, *, from_level: int = 0) -> Roster:
    """The seats of every level from `from_level` up for `incident`. Whoever holds this incident is not busy with another because of it."""
    return roster_at(snapshot, at, from_level=from_level, urgent=incident.severity in URGENT, apart_from=subject_ref(incident))
