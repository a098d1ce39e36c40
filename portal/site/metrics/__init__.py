"""The figures of the running portal for Prometheus: what is due, late, sent, failed, silent.

Writes: nothing.
Reads: the engine's heartbeat, live runs, the outbox, signs of life, how the ledger is sealed.
Never: answers strangers, names people or incidents, counts big tables.
"""
