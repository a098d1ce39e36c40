"""Everything that leaves the house, as rows: queued in the business transaction, sent by a worker, each attempt kept.

Writes: OutboxMessage, DeliveryAttempt.
Reads: contact points.
Never: sends inside a transaction.
"""
