"""Table of contents: the models of reports."""

from .accountability.models import AccountabilityComment
from .dashboards.models import Dashboard, DashboardVersion, DayFacts, FactsProgress, QuarterFigures
from .packs.models import FinishedPack, FrozenFigures, PackFile, PackRun, QuarterlyPack
from .quarterly.models import (
    QuarterlyAction,
    QuarterlyDecision,
    QuarterlyFinding,
    QuarterlyReview,
    QuarterlyRules,
    QuarterlySignature,
    ReviewRun,
)
from .schedules.models import PackSchedule, ScheduledPack

__all__ = [
    "AccountabilityComment",
    "Dashboard",
    "DashboardVersion",
    "DayFacts",
    "FactsProgress",
    "FinishedPack",
    "FrozenFigures",
    "PackFile",
    "PackRun",
    "PackSchedule",
    "QuarterFigures",
    "QuarterlyAction",
    "QuarterlyDecision",
    "QuarterlyFinding",
    "QuarterlyPack",
    "QuarterlyReview",
    "QuarterlyRules",
    "QuarterlySignature",
    "ReviewRun",
    "ScheduledPack",
]
