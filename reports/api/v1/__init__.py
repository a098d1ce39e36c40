"""Version 1: quarterly reviews and conformance.

Writes: nothing itself; services do.
Reads: quarterly reviews with their findings, decisions, actions and signatures; a quarter's deviations.
Never: tells of a review, an action or an incident that the caller may not see.
"""
