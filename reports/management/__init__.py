"""The command line of reports: building a pack.

Writes: nothing itself; it calls reports.packs.
Reads: the arguments.
Never: a figure or a rule of its own.
"""
