"""One file a command: sealing the ledger, checking it, and taking evidence out of it.

Writes: the files it is asked for.
Reads: its arguments.
Never: decides what is sound; the rooms do.
"""
