"""What a policy version would do: to past incidents run again, and to made-up ones on a made-up clock, by the decisions that count live.

Writes: ReplayRun.
Reads: versions and their content; schedules, people and their ways; past incidents from whoever registers a history.
Never: alerts anybody, changes an incident, or decides by rules of its own.
"""
