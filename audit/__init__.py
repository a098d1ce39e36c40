"""The app that remembers: what happened, who did it and why, in a trail that is only ever added to.

Writes: ledger events.
Reads: history rows as they are written.
Never: business rules; it is told, it does not decide.
"""
