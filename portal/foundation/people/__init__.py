"""Who there is, how to reach them, and whether they can take something: users, contact points, rules, availability.

Writes: User, ContactPoint, ContactCode, ContactRule, Availability.
Reads: nothing else; what is done to them stands above, in portal.foundation.contacts, presence and verification.
Never: decides who is on duty; that is policies.oncall.
"""
