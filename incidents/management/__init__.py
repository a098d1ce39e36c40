"""The command line's way in to incidents.

Writes: nothing.
Reads: nothing.
Never: decides; each command parses, calls one service, answers.
"""
