"""Who may do what: roles as data, rights on single objects beside guardian's rows, auditors, and the one question `may()`.

Writes: groups with their permissions, guardian's object permissions, ObjectGrant, AuditAppointment.
Reads: users; of the apps only the names of rights and models that stand in roles.py and places.py.
Never: imports an app; permissions are named as strings.
"""
