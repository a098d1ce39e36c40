"""A made-up payment company for the first look, and the 'phones' on which its people's alerts arrive.

Writes: a demo organisation, through the same services as everybody else.
Reads: nothing else.
Never: runs unless asked, and never in an installation that has people already.
"""
