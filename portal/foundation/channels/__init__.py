"""How a message travels: one module a channel, each behind the same protocol.

Writes: nothing.
Reads: settings.
Never: knows what a message is about.
"""
