"""When an incident is how bad: thresholds over readings, business impact, exceptions, and the priority of impact and urgency.

Writes: Threshold, Criterion, OwnMeasure, BusinessThreshold, PriorityCell, ExceptionRule.
Reads: policy versions.
Never: evaluates anything itself; policies.decisions.severity does.
"""
