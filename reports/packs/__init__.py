"""The quarterly pack: which quarter, which figures, in which order.

Writes: QuarterlyPack, FrozenFigures, FinishedPack, PackFile.
Reads: metrics; reviews of policies and acceptances.
Never: the look of a format; exports draws.
"""
