"""Signs of life that processes leave behind, and how each way to the outside fares: what everybody else can read to know.

Writes: SignOfLife, LaneTally.
Reads: nothing else.
Never: judges; the watch does.
"""
