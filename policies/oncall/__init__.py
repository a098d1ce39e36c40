"""Who is on call: schedules with their rotation and overrides.

Writes: OnCallSchedule, RotationMember, OnCallOverride.
Reads: users, teams.
Never: computes in a model; policies.decisions.rota answers.
"""
