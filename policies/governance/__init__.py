"""The life of a rule: drafted, submitted, approved by somebody else, in force from a date, superseded.

Writes: PolicyVersion, Approval, UrgentPublication, EditLock.
Reads: the content that severity and pathways hold for a version.
Never: what the content means.
"""
