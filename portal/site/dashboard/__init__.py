"""The index: a work list for whoever signed in, one line and one action a row.

Writes: nothing.
Reads: every app, within the reader's rights.
Never: anything the reader could not open.
"""
