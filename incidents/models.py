"""Table of contents: the models of incidents and what surrounds them."""

from .changes.models import ChangeRequest, IncidentChange
from .escalation.models import EngineHeartbeat, EscalationRun, EscalationStep
from .imports.models import ImportRun, SourceRecord
from .lifecycle.models import ImpactReading, Incident, TimelineEntry
from .problems.models import IncidentProblem, KnownError, Problem

__all__ = [
    "ChangeRequest",
    "EngineHeartbeat",
    "EscalationRun",
    "EscalationStep",
    "ImpactReading",
    "ImportRun",
    "Incident",
    "IncidentChange",
    "IncidentProblem",
    "KnownError",
    "Problem",
    "SourceRecord",
    "TimelineEntry",
]
