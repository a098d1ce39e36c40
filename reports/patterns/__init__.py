"""What stands out in a quarter: parts unlike the rest, parts unlike their own past, ranked by the harm, each with its chance of being none.

Writes: nothing.
Reads: metrics; incidents, their runs, messages and timelines.
Never: a person as a part; a finding without its numbers, its error rate and its incidents; a decision on one.
"""
