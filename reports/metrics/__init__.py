"""The figures: facts fetched once, then one pure function a metric.

Writes: nothing.
Reads: incidents and what is linked to them.
Never: a figure without a published definition.
"""
