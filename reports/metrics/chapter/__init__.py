"""How the figures of operations are told in a report: a chapter of sections, tables, words and definitions.

Writes: nothing.
Reads: the columns of reports.metrics.
Never: works out a figure that has no published definition.
"""
