"""Breaking the glass: a person takes a role for minutes, at once, with a reason; others hear of it, and somebody else reviews it.

Writes: Elevation.
Reads: roles, duties.
Never: gives a right for longer than an hour, one that needs two people, or one that joins duties that are kept apart.
"""
