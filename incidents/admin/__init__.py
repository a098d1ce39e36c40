"""The pages of incidents and what surrounds them: parse, call one service, answer.

Writes: nothing itself.
Reads: incidents, their runs, problems and changes, within the reader's rights.
Never: sets a state, an owner or a severity; verbs do.
"""

from . import changes, drills, feedback, freezes, handoffs, imports, incidents, mandates, postmortems, problems, readings

__all__ = [
    "changes",
    "drills",
    "feedback",
    "freezes",
    "handoffs",
    "imports",
    "incidents",
    "mandates",
    "postmortems",
    "problems",
    "readings",
]
