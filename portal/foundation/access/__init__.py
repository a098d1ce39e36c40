"""Who may do what: roles as data, grants per object through guardian, and the one question `may()`.

Writes: groups with their permissions, guardian's object permissions.
Reads: users.
Never: imports an app; permissions are named as strings.
"""
