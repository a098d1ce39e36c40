"""Changes that resolve incidents or cause them.

Writes: ChangeRequest, IncidentChange.
Reads: incidents.
Never: an incident's own state.
"""
