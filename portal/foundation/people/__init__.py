"""Who there is and how to reach them: users and their contact points.

Writes: User, ContactPoint, ContactCode.
Reads: nothing else; codes are sent and entered in portal.foundation.verification.
Never: decides who is on duty; that is policies.oncall.
"""
