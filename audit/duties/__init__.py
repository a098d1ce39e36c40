"""Separation of duties: which rights must not meet in one person, in whom they do, and until when that was let pass.

Writes: DutyPair, DutyException, DutyFinding, DutyCheck; takes away a right that a finding names.
Reads: roles, rights and grants, the ledger.
Never: gives anybody a right; lets anybody cover what they hold themselves.
"""
