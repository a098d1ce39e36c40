"""Looking at policies again: each quarter at the thresholds, each year at the whole policy, with a decision that somebody signs.

Writes: PolicyReview.
Reads: policies and their versions; evidence that other apps register.
Never: changes a policy; a decision to change is a draft like any other.
"""
