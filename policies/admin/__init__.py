"""The admin pages of the rules: catalogue, duty, policies, versions and their approval.

Writes: through the services of the rooms.
Reads: every room of policies.
Never: decides; it parses, calls one service, answers.
"""

from . import catalogue, coverage, knowledge, named, oncall, pathways, reviews, thresholds, versions

__all__ = ["catalogue", "coverage", "knowledge", "named", "oncall", "pathways", "reviews", "thresholds", "versions"]
