"""Who is on duty, when and why: schedules as plain values, and the answers drawn from them.

Writes: nothing.
Reads: only what it is given.
Never: asks what time it is, or who exists.
"""

from .changes import Change, changes, left_open, touched
from .clocks import handover, instant, shift_at
from .duty import Duty, OnDuty, duty_at, on_duty_at, person_at, shadows_at, upcoming
from .slots import Slot, gaps, layer_slots, slots
from .values import (
    Absence,
    Holidays,
    Imported,
    Layer,
    Override,
    OverrideKind,
    Plan,
    RotaPerson,
    RotaSnapshot,
    Source,
    Unit,
    Window,
)

__all__ = [
    "Absence",
    "Change",
    "Duty",
    "Holidays",
    "Imported",
    "Layer",
    "OnDuty",
    "Override",
    "OverrideKind",
    "Plan",
    "RotaPerson",
    "RotaSnapshot",
    "Slot",
    "Source",
    "Unit",
    "Window",
    "changes",
    "duty_at",
    "gaps",
    "handover",
    "instant",
    "layer_slots",
    "left_open",
    "on_duty_at",
    "person_at",
    "shadows_at",
    "shift_at",
    "slots",
    "touched",
    "upcoming",
]
