"""The doors of reports for programs.

Writes: nothing.
Reads: quarterly reviews.
Never: tells of a review that the caller may not see.
"""
