"""The append-only table of events. Sealing, proofs and anchors will stand on it.

Writes: LedgerEvent.
Reads: nothing else.
Never: changes or removes an event; the database refuses it too.
"""
