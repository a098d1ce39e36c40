"""What others have seen of the ledger: checkpoints at files elsewhere, syslog, time-stamp authorities and witnesses, and receipts of single events.

Writes: AnchorReceipt; files with receipts, outside of the database.
Reads: LedgerCheckpoint, the tree.
Never: holds up sealing or a transaction; an anchor that fails is tried again and reported.
"""
