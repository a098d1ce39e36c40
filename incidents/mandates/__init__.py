"""Mandates used in an incident: what the owner of a level does on their own authority, for a time, reviewed by somebody else.

Writes: MandateUse.
Reads: the rules pinned by the incident, delegated authority.
Never: carries out what the mandate allows; lets anybody review their own use.
"""
