"""What templates need beyond the theme's words.

Writes: nothing.
Reads: nothing.
Never: queries.
"""
