"""Table of contents: the models of incidents and what surrounds them."""

from .changes.models import ChangeFreeze, ChangeRequest, IncidentChange
from .drills.models import Drill, DrillFailure, DrillFinding, DrillPart
from .escalation.models import EngineHeartbeat, EscalationLook, EscalationRun, EscalationStep
from .feedback.models import Feedback, FeedbackWords
from .handoffs.models import HandOff
from .imports.models import ImportRun, SourceRecord
from .lifecycle.models import ImpactReading, Incident, TimelineEntry
from .mandates.models import MandateUse
from .postmortems.models import PostMortem, PostMortemAction
from .problems.models import IncidentProblem, KnownError, Problem

__all__ = [
    "ChangeFreeze",
    "ChangeRequest",
    "Drill",
    "DrillFailure",
    "DrillFinding",
    "DrillPart",
    "EngineHeartbeat",
    "EscalationLook",
    "EscalationRun",
    "EscalationStep",
    "Feedback",
    "FeedbackWords",
    "HandOff",
    "ImpactReading",
    "ImportRun",
    "Incident",
    "IncidentChange",
    "IncidentProblem",
    "KnownError",
    "MandateUse",
    "PostMortem",
    "PostMortemAction",
    "Problem",
    "SourceRecord",
    "TimelineEntry",
]
