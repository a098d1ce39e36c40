"""Duty as iCalendar (RFC 5545): feeds that calendar programs read, and calendars kept elsewhere that say who is on duty or away.

Writes: CalendarFeed, FeedAccess, CalendarSource, ImportedDuty, and DutyAbsence rows that a calendar tells of.
Reads: schedules, people by name, what a calendar's address answers.
Never: changes the past, shows or logs an address, lets a calendar that fails take somebody off duty.
"""
