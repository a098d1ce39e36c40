"""The app that accounts: figures with published definitions, the quarterly pack, and its exports.

Writes: the record of packs that were built.
Reads: everything.
Never: changes what it reports on.
"""
