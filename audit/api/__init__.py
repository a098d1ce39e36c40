"""Doors for machines.

Writes: nothing of its own.
Reads: nothing of its own.
Never: rules; each version lives in a package of its own.
"""
