"""One act, one event: gathers what a service changed and writes it to the ledger with who and why.

Writes: ledger events, through audit.ledger.
Reads: history rows, by simple-history's signal.
Never: changes what it observes.
"""
