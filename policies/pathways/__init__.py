"""The way an escalation goes: levels in order, how long each has, whom it alerts.

Writes: EscalationPolicy, Level, Target.
Reads: services, schedules, users.
Never: who is on duty now; it names a schedule and lets oncall answer.
"""
