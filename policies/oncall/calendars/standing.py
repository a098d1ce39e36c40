"""How the calendars of a schedule stand, for its page."""

from policies.oncall.models import OnCallSchedule

from .models import CalendarSource


def failing(schedule: OnCallSchedule) -> list[str]:
    """A sentence for each calendar in use that cannot be read: its last good copy still says who is on duty."""
    broken = CalendarSource.objects.filter(schedule=schedule, active=True, failed_at__isnull=False).only("name", "failed_at", "failure")
    return [
        f"The calendar {source.name} cannot be read since {source.failed_at:%d %b %Y, %H:%M} UTC: {source.failure} "
        "Its last good copy stays in use."
        for source in broken
    ]
