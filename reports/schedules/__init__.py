"""Schedules of packs: which pack is made by itself when, and who hears that it is there.

Writes: PackSchedule, ScheduledPack; asks reports.packs for packs, in the name of a schedule's owner.
Reads: packs and how far they are, frozen figures, people and their rights.
Never: makes a pack in a way of its own, or in the name of somebody who may not.
"""
