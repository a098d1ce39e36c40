"""The admin pages of the rules: catalogue, duty, policies, versions and their approval.

Writes: through the services of the rooms.
Reads: every room of policies.
Never: decides; it parses, calls one service, answers.
"""

from . import (
    calendar_feeds,
    calendars,
    catalogue,
    coverage,
    duty_absence,
    duty_pages,
    fairness,
    knowledge,
    named,
    oncall,
    oncall_holidays,
    oncall_layers,
    oncall_plans,
    oncall_swaps,
    pathways,
    reviews,
    thresholds,
    versions,
)

__all__ = [
    "calendar_feeds",
    "calendars",
    "catalogue",
    "coverage",
    "duty_absence",
    "duty_pages",
    "fairness",
    "knowledge",
    "named",
    "oncall",
    "oncall_holidays",
    "oncall_layers",
    "oncall_plans",
    "oncall_swaps",
    "pathways",
    "reviews",
    "thresholds",
    "versions",
]
