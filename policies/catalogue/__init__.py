"""What the organisation runs: business units, teams, services and their components.

Writes: BusinessUnit, Team, Service, Component.
Reads: users.
Never: rules about escalation.
"""
