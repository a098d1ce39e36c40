"""Responsibility that passes from one person to another, signed by both sides.

Writes: HandOff, through the escalation the holder of a run.
Reads: incidents, runs, people and teams.
Never: lets responsibility fall between two people: whoever had it keeps it until somebody accepts.
"""
