"""What one person or one team answered for in a quarter, told fairly: with its context, without a rank, and with their own words beside it.

Writes: what people say about their own record.
Reads: alerts and their ends, hand-offs, drills, decisions, reviews, and what has to be known.
Never: compares people by name, or tells a share of a handful.
"""
