"""Jobs of incidents. Their dotted names are public: schedules refer to them across releases."""

from incidents.escalation import watchdog
from portal.foundation import clock


def engine_sweep() -> int:
    """One pass of the engine as a safety net; the number of escalations it started or advanced."""
    result = watchdog.sweep(now=clock.now())
    return result.started + result.advanced
