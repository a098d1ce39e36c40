"""Conformance: each escalation's recorded course held against the policy version that it follows, every deviation told with its class.

Writes: nothing.
Reads: runs, steps with their recorded inputs, frozen policy versions, hand-offs, uses of mandates, problems, change freezes, changes that began, timelines, messages sent.
Never: changes what it found; calls anybody by name (pages do, for readers who may see the incident).
"""
