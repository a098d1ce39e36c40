"""How long entries are kept, what must be kept longer, and how personal data goes while every proof stays valid.

Writes: LegalHold, Removal; removes payloads and personal cards that two people have let go.
Reads: LedgerEvent, LedgerLeaf.
Never: touches a leaf, a tile or a checkpoint.
"""
