"""Reviewing the trail on a rhythm: what is to be looked at, by whom, what they found, and a signature that freezes it.

Writes: plans, periods and their drawn entries, marks, findings, signatures.
Reads: the sealed ledger through saved views.
Never: changes an entry, or lets anybody judge what they did themselves.
"""
