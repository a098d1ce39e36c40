"""Who comes in, how they prove it, how long they stay, and what is asked again. Built on django-allauth; see docs/adr/0011.

Writes: sessions, counts of wrong tries, second factors, links to identities elsewhere, passwords; each by an event.
Reads: people, their contact points, the outbox.
Never: decides what somebody may do, which is `access`; shows or keeps a password, a code or a key of a session.
"""

from .stepping_up import ask_again, stepped_up

__all__ = ["ask_again", "stepped_up"]
