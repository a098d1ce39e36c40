"""The quarterly pack: which quarter, which figures, in which order.

Writes: QuarterlyPack.
Reads: metrics.
Never: the look of a format; exports draws.
"""
