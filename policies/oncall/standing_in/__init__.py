"""Whoever stands in for a plan: overrides, swaps that both accepted, and absences that take people out.

Writes: OnCallOverride, DutySwap, DutyAbsence.
Reads: schedules and who is on duty in them.
Never: changes a plan, or the past.
"""
