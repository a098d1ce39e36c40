"""Problems (the causes behind incidents) and known errors with their workarounds.

Writes: Problem, IncidentProblem, KnownError.
Reads: incidents, services.
Never: an incident's own state.
"""
