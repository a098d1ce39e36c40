"""The command line's way in to the installation.

Writes: nothing.
Reads: nothing.
Never: decides; each command parses, calls one service, answers.
"""
