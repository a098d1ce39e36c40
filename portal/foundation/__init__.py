"""What every app stands on: clock, errors, outbox, channels, people, access, and the kits for admin and API.

Writes: users, contact points, grants, outbox messages and their attempts.
Reads: settings.
Never: imports an app; an app's needs come in as data or as registered handlers.
"""
