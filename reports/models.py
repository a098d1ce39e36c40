"""Table of contents: the models of reports."""

from .dashboards.models import Dashboard, DashboardVersion, DayFacts, FactsProgress, QuarterFigures
from .packs.models import FinishedPack, FrozenFigures, PackFile, QuarterlyPack

__all__ = [
    "Dashboard",
    "DashboardVersion",
    "DayFacts",
    "FactsProgress",
    "FinishedPack",
    "FrozenFigures",
    "PackFile",
    "QuarterFigures",
    "QuarterlyPack",
]
