"""Keys by which programs use the API in the name of a person or a machine: made once, shown once, good for some doors and some time.

Writes: ApiToken, and by `locks` counts of refused ones; each by an event.
Reads: people, their second factors.
Never: keeps a token, only its hash; gives more than its owner may at the moment of use; opens a door that asks a person to prove who they are.
"""
