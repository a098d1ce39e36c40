"""The duty ahead, checked every night: gaps, people twice on duty, people whom nothing reaches.

Writes: CoverageRun, ScheduleCoverage, CoverageFinding.
Reads: schedules, contact points, services.
Never: changes who is on duty.
"""
