"""Two versions of a policy beside each other on paper.

Writes: the event that somebody took the document.
Reads: policies, through their comparison.
Never: a difference of its own; it shows what policies.governance.comparing says.
"""
