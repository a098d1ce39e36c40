"""Version 1: services, and the policy version in force at an instant.

Writes: nothing.
Reads: services and policies within the caller's rights.
Never: changes the meaning of a field once published.
"""
