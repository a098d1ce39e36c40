"""The trail and its ledger as people read them: one line an event, before and after in words, how it is sealed, and the ways to take it out.

Writes: nothing itself.
Reads: the ledger, and how it stands.
Never: offers to add, change or delete an event; the database would refuse it too.
"""

from . import access_reviews, duties, elevation, exports, ledger, retention, reviews, reviews_findings, reviews_plans, saved_views, trail

__all__ = [
    "access_reviews",
    "duties",
    "elevation",
    "exports",
    "ledger",
    "retention",
    "reviews",
    "reviews_findings",
    "reviews_plans",
    "saved_views",
    "trail",
]
