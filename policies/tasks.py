"""Jobs of the rules. Their dotted names are public: queued tasks refer to them across releases."""

from policies.attestations.services import remind_people
from policies.oncall.calendars import refreshing
from policies.oncall.coverage import checking as coverage_checks
from policies.oncall.holidays import fill_ahead
from policies.oncall.standing_in.swaps import lapse_swaps
from policies.reviews.services import climb_overdue, open_due_reviews
from policies.simulation import services
from portal.foundation import clock
from portal.foundation.each_alone import each_alone
from portal.foundation.request_context import origin


def run_replay(run_id: int) -> None:
    """Replays past incidents as somebody asked; a second call finds nothing to do."""
    with origin("job"):
        services.carry_out(run_id, now=clock.now())


def reviews_sweep() -> int:
    """Opens the reviews that are due and lets overdue ones climb; the number of both."""
    with origin("job"):
        now, done = clock.now(), 0
        with each_alone("Reviews of policies") as alone:
            with alone("opening them"):
                done += len(open_due_reviews(now=now))
            with alone("overdue ones"):
                done += len(climb_overdue(now=now))
        return done


def acceptances_sweep() -> int:
    """Reminds people of versions to accept; the number of messages queued."""
    with origin("job"):
        return remind_people(now=clock.now())


def swaps_sweep() -> int:
    """Lets swaps lapse whose first shift began unanswered; the number of them."""
    with origin("job"):
        return lapse_swaps(now=clock.now())


def holidays_sweep() -> int:
    """Fills holiday calendars with the years that have come into sight; the number of days."""
    with origin("job"):
        return fill_ahead(now=clock.now())


def check_coverage(run_id: int) -> None:
    """Checks the duty ahead as somebody asked; a second call finds nothing to do."""
    with origin("job"):
        coverage_checks.carry_out(run_id, now=clock.now())


def coverage_sweep() -> bool:
    """Checks the duty ahead once a night, and when a schedule changed since; whether it did."""
    with origin("job"):
        return coverage_checks.check_when_due(now=clock.now()) is not None


def calendars_sweep() -> int:
    """Hands every calendar that is due to a worker; the number of them."""
    with origin("job"):
        return refreshing.wake_due(now=clock.now())


def refresh_calendar(source_id: int) -> bool:
    """Reads a calendar from its address, or rolls its last copy forward; a second call finds nothing to do."""
    with origin("job"):
        return refreshing.refresh(source_id, now=clock.now())
