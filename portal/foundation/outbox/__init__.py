"""Everything that leaves the house, as rows: queued in the business transaction, sent by a process of its own, each attempt kept.

Writes: OutboxMessage, DeliveryAttempt.
Reads: contact points, how channels are used.
Never: sends inside a transaction; drops a message.
"""
