"""The app that acts: incidents and their life, the escalation engine, problems and changes, and what comes in from other systems.

Writes: incidents, readings, timelines, escalation runs, problems, changes, imports.
Reads: policies and duty.
Never: the text of a policy; it pins a version and follows it.
"""
