"""The frame of the house: what carries every app (foundation), what shows them (site), and the settings.

Writes: people, access grants, the outbox.
Reads: the environment, through settings only.
Never: rules about incidents or policies; those live in their apps.
"""
