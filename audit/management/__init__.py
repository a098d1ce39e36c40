"""The command line's way in to the audit trail.

Writes: nothing.
Reads: nothing.
Never: decides; each command parses, calls one service, answers.
"""
