"""Watching the watchmen: what is not well now, told once when it begins and once when it is over.

Writes: Outage; outbox messages to administrators.
Reads: signs of life, the outbox, whatever apps register as probes.
Never: repairs anything, and never believes a single look.
"""
