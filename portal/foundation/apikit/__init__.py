"""What every API door shares: problem documents, pages, harmless repeats.

Writes: remembered answers of requests with an Idempotency-Key.
Reads: nothing else.
Never: rules of an app.
"""
