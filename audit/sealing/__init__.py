"""From events to a signed tree: the sealer takes what is new, extends the tree and signs its root.

Writes: LedgerLeaf, LedgerTile, LedgerCheckpoint, LedgerEpoch; takes from LedgerInbox.
Reads: LedgerEvent.
Never: changes an event, or signs what it has not read back from the database.
"""
