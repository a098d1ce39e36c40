"""Showing checkpoints to places that the portal's own people cannot change: files elsewhere, syslog, time-stamp authorities, witnesses.

Writes: AnchorReceipt.
Reads: LedgerCheckpoint.
Never: holds up sealing; an anchor that fails is tried again and reported.
"""
