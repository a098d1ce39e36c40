"""When an incident is how bad: thresholds over readings, and the priority of impact and urgency.

Writes: Threshold, Criterion.
Reads: policy versions.
Never: evaluates anything itself; policies.decisions.severity does.
"""
