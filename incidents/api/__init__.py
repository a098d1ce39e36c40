"""The machines' way in to incidents: parses, calls one service, answers.

Writes: nothing itself.
Reads: incidents within the caller's rights.
Never: decides anything; the services do.
"""
