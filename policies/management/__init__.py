"""The command line's way in to policies.

Writes: nothing.
Reads: nothing.
Never: decides; each command parses, calls one service, answers.
"""
