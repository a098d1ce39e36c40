"""The machines' way in to the rules: services, and which version was in force when.

Writes: nothing.
Reads: services and policies within the caller's rights.
Never: changes a rule; that takes two people and the admin.
"""
