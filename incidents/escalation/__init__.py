"""The engine: finds what is due, asks the pure core what follows, writes it down, queues the messages.

Writes: EscalationRun, EscalationStep, EscalationLook, EngineHeartbeat; timeline entries; outbox messages.
Reads: incidents, policy versions, schedules.
Never: sends anything, and never asks who is right; policies.decisions.escalation says what follows.
"""
