"""What somebody tries who wants more than they were given: at every door, as every role, and by every way round.

Writes: nothing that stays.
Reads: every address, the admin's registry and the API's description; what is expected stands in `promise`, written down by hand.
Never: asks the code under test what it should answer.
"""
