"""Version 1: the trail itself, its reviews, how the ledger stands, exports of evidence, proofs of single events.

Writes: nothing; services do.
Reads: the seal, the places outside, EvidenceExport, LedgerEvent, plans of reviews and what came of them.
Never: tells somebody without the right that there is anything.
"""
