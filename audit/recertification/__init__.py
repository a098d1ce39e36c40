"""Recertification: who holds what is looked at on a rhythm, item by item, by somebody else; what is not needed goes.

Writes: AccessRhythm, AccessCampaign, AccessItem; takes away what a reviewer or a due date says.
Reads: roles, rights and grants, and the ledger for since when and when last used.
Never: gives a right, or lets anybody confirm their own.
"""
