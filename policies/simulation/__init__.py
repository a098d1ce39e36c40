"""What a draft would have done: past incidents run again through the pure decisions, under the rules in force and under the draft.

Writes: ReplayRun.
Reads: versions and their content; past incidents from whoever registers a history.
Never: alerts anybody, changes an incident, or decides by rules of its own.
"""
