"""Table of contents: the models of the rules."""

from .attestations.models import Acceptance, KnowledgeDuty, TrainingRecord
from .catalogue.models import BusinessUnit, Component, CustomerSegment, Region, Role, Runbook, Service, Team
from .governance.models import Approval, EditLock, PolicyVersion, UrgentPublication
from .messages.models import AnnouncementProtocol, MessageTemplate
from .oncall.models import OnCallOverride, OnCallSchedule, RotationMember
from .pathways.models import EscalationPolicy, Level, SeverityOverride, Target
from .reviews.models import PolicyReview
from .severity.models import BusinessThreshold, Criterion, ExceptionRule, OwnMeasure, PriorityCell, Threshold
from .simulation.models import ReplayRun

__all__ = [
    "Acceptance",
    "AnnouncementProtocol",
    "Approval",
    "BusinessThreshold",
    "BusinessUnit",
    "Component",
    "Criterion",
    "CustomerSegment",
    "EditLock",
    "EscalationPolicy",
    "ExceptionRule",
    "KnowledgeDuty",
    "Level",
    "MessageTemplate",
    "OnCallOverride",
    "OnCallSchedule",
    "OwnMeasure",
    "PolicyReview",
    "PolicyVersion",
    "PriorityCell",
    "Region",
    "ReplayRun",
    "Role",
    "RotationMember",
    "Runbook",
    "Service",
    "SeverityOverride",
    "Target",
    "Team",
    "Threshold",
    "TrainingRecord",
    "UrgentPublication",
]
