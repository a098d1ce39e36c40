"""Who is on duty, when and why: schedules as plain values, and the answers drawn from them.

Writes: nothing.
Reads: only what it is given.
Never: asks what time it is, or who exists.
"""

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
    "duty_at",
    "gaps",
    "handover",
    "instant",
    "layer_slots",
    "on_duty_at",
    "person_at",
    "shadows_at",
    "shift_at",
    "slots",
    "upcoming",
]
