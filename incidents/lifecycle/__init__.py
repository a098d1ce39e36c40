"""An incident's life: opened, acknowledged, worked, resolved, closed; its readings and its timeline.

Writes: Incident, ImpactReading, TimelineEntry.
Reads: services, customer segments, measures, policy versions.
Never: calls the escalation engine, which finds incidents by itself.
"""
