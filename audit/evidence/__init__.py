"""What an auditor takes home: bundles, single proofs, and the verifiers that need nothing of the portal.

Writes: the event of each export and check, LedgerCheck, EvidenceExport, and the files of EVIDENCE_FOLDER.
Reads: the ledger, its tree, its anchors.
Never: writes an entry's JSON anew, or lets `verifier/` import anything of ours.
"""
