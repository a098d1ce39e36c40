"""Who is on call: schedules with their plans, holidays, and the answers drawn from them.

What stands in for plans, calendars, pages for a frame and the check of the days ahead have rooms of their own below.

Writes: OnCallSchedule, SchedulePlan, RotaLayer, LayerMember, LayerWindow, HolidayCalendar, Holiday.
Reads: users, teams, and what stands in for a plan.
Never: computes in a model; policies.decisions.rota answers. Never changes the past of a schedule.
"""
