"""How long entries are kept, what must be kept longer, and how personal data goes while every proof stays valid.

Writes: RetentionPeriod, LegalHold, Removal, RemovalRange, ForgottenSubject; removes payloads and personal cards that two people have let go.
Reads: LedgerEvent, LedgerLeaf, LedgerCheckpoint.
Never: touches a leaf, a tile or a checkpoint; removes anything that one person alone asked for.
"""
