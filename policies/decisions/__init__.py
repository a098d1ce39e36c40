"""The pure core: every decision as a function of what it is given.

Writes: nothing.
Reads: its arguments.
Never: Django, the clock, the network, a file.
"""
