"""Completeness: the database itself notes every changed row of a governed table, and a reconciler pairs the notes with events.

Writes: RawChange (by triggers), events of type `unattributed_change`.
Reads: LedgerEvent.
Never: changes a governed row.
"""
