"""What an auditor takes home: bundles, single proofs, and the verifiers that need nothing of the portal.

Writes: nothing but the event of each export.
Reads: the ledger, its tree, its anchors.
Never: writes an entry's JSON anew, or lets `verifier/` import anything of ours.
"""
