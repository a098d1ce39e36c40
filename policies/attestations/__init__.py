"""Who must know which policy, who accepted which version, and who was trained until when.

Writes: KnowledgeDuty, Acceptance, TrainingRecord.
Reads: policies, their versions in force, people and groups.
Never: infers an acceptance; a new version asks everybody anew.
"""
