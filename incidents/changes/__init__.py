"""Changes that resolve incidents or cause them, and the freezes during which none may begin without an emergency approval.

Writes: ChangeRequest, IncidentChange, ChangeFreeze.
Reads: incidents, the state of their escalations, services and business units.
Never: an incident's own state; makes or stops a change itself, which change tools do.
"""
