"""What the organisation runs and names: business units, regions, teams, roles, customer segments, runbooks, services, components.

Writes: BusinessUnit, Region, DelegatedAuthority, Team, Role, CustomerSegment, Runbook, Service, Component.
Reads: users.
Never: rules about escalation.
"""
