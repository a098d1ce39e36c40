"""The trail as people read it: one line an event, before and after in words.

Writes: nothing.
Reads: the ledger.
Never: offers to add, change or delete; the database would refuse it too.
"""

from . import trail

__all__ = ["trail"]
