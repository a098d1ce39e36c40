"""Version 1: quarterly reviews as they stand, read only; preparing, deciding and signing are for people.

Writes: nothing.
Reads: quarterly reviews with their findings, decisions, actions and signatures.
Never: tells of a review that the caller may not see.
"""
