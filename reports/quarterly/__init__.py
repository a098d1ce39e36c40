"""The quarterly review of one unit or of the whole: figures that stand, what was found in them, decided and to be done, and signatures in order.

Writes: reviews, their findings, decisions, actions and signatures; the rules by which they open and are signed.
Reads: incidents, policies and the trail of the quarter; patterns found in it; frozen figures.
Never: changes what was signed, or lets whoever prepared a review be the only one to sign it.
"""
