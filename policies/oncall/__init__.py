"""Who is on call: schedules with their plans, and everything that stands in for them.

Writes: OnCallSchedule, SchedulePlan, RotaLayer, LayerMember, LayerWindow, HolidayCalendar, Holiday, OnCallOverride, DutyAbsence,
    DutySwap, CalendarFeed, FeedAccess, CalendarSource, ImportedDuty.
Reads: users, teams.
Never: computes in a model; policies.decisions.rota answers. Never changes the past of a schedule.
"""
