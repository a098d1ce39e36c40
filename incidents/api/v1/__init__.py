"""Version 1: incidents with their timeline and verbs, and readings.

Writes: nothing itself.
Reads: incidents within the caller's rights.
Never: changes the meaning of a field once published.
"""
