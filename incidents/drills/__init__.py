"""Drills: the live engine on a made-up incident, with planned failures, expected against actual.

Writes: Drill, DrillPart, DrillFinding, and through the lifecycle an incident of origin 'drill'.
Reads: policies, simulation, runs, messages.
Never: reaches anybody who is not part of the drill; counts in an operational figure.
"""
