"""Giving rights on single objects and taking them back, and calling auditors in: what is done, with its reason and its event.

Writes: ObjectGrant, AuditAppointment, and guardian's rows through portal.foundation.access.grants.
Reads: users, groups, and the names of the objects.
Never: decides what a right opens; that is portal.foundation.access.
"""
