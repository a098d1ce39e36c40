"""The app that decides: governed rules with their versions, who is on duty, and the pure core that answers from them.

Writes: the catalogue, policies and their versions, thresholds, levels, schedules.
Reads: users.
Never: incidents; it answers questions about them without knowing their tables.
"""
