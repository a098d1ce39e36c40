"""Version 1: services, policies, their versions and the decisions on them.

Writes: nothing itself.
Reads: services and policies within the caller's rights.
Never: changes the meaning of a field once published.
"""
