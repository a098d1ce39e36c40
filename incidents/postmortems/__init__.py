"""Blameless post-mortems: what an organisation learns from an incident that went up to level 3 or above, and what it does about it.

Writes: PostMortem, PostMortemAction.
Reads: incidents, their escalations.
Never: names who is to blame; changes an incident.
"""
