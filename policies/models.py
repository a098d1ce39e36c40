"""Table of contents: the models of the rules."""

from policies.oncall.calendars.models import CalendarFeed, CalendarSource, FeedAccess, ImportedDuty
from policies.oncall.coverage.models import CoverageFinding, CoverageRun, ScheduleCoverage
from policies.oncall.duty_pages.models import DutyPage
from policies.oncall.models import Holiday, HolidayCalendar, LayerMember, LayerWindow, OnCallSchedule, RotaLayer, SchedulePlan
from policies.oncall.standing_in.models import DutyAbsence, DutySwap, OnCallOverride

from .attestations.models import Acceptance, KnowledgeDuty, TrainingRecord
from .catalogue.models import BusinessUnit, Component, CustomerSegment, DelegatedAuthority, Region, Role, Runbook, Service, Team
from .governance.models import Approval, EditLock, PolicyVersion, UrgentPublication
from .messages.models import AnnouncementProtocol, MessageTemplate
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
    "CalendarFeed",
    "CalendarSource",
    "Component",
    "CoverageFinding",
    "CoverageRun",
    "Criterion",
    "CustomerSegment",
    "DelegatedAuthority",
    "DutyAbsence",
    "DutyPage",
    "DutySwap",
    "EditLock",
    "EscalationPolicy",
    "ExceptionRule",
    "FeedAccess",
    "Holiday",
    "HolidayCalendar",
    "ImportedDuty",
    "KnowledgeDuty",
    "LayerMember",
    "LayerWindow",
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
    "RotaLayer",
    "Runbook",
    "ScheduleCoverage",
    "SchedulePlan",
    "Service",
    "SeverityOverride",
    "Target",
    "Team",
    "Threshold",
    "TrainingRecord",
    "UrgentPublication",
]
