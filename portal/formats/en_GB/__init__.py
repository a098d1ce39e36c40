"""British English: day, month, year.

Writes: nothing.
Reads: nothing.
Never: a.m. and p.m.
"""
