"""Who there is and how to reach them: users and their contact points.

Writes: User, ContactPoint.
Reads: nothing else.
Never: decides who is on duty; that is policies.oncall.
"""
