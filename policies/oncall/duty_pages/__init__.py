"""Small pages that say who is on call, for a frame in an intranet, at secret addresses.

Writes: DutyPage.
Reads: whom a page is about: a schedule, a team or a service.
Never: keeps or shows a secret again, says more than names and times.
"""
