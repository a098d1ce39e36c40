"""Table of contents: the models of the rules."""

from .catalogue.models import BusinessUnit, Component, Service, Team
from .governance.models import Approval, PolicyVersion
from .oncall.models import OnCallOverride, OnCallSchedule, RotationMember
from .pathways.models import EscalationPolicy, Level, Target
from .severity.models import Criterion, Threshold
from .simulation.models import ReplayRun

__all__ = [
    "Approval",
    "BusinessUnit",
    "Component",
    "Criterion",
    "EscalationPolicy",
    "Level",
    "OnCallOverride",
    "OnCallSchedule",
    "PolicyVersion",
    "ReplayRun",
    "RotationMember",
    "Service",
    "Target",
    "Team",
    "Threshold",
]
