"""Jobs of incidents. Their dotted names are public: schedules refer to them across releases."""

from django.conf import settings

from incidents.changes import following
from incidents.drills import rhythm
from incidents.escalation import watchdog
from incidents.handoffs.reminders import remind_signers
from incidents.mandates.services import remind_to_review
from incidents.postmortems import services as post_mortems
from portal.foundation import clock
from portal.foundation.each_alone import each_alone
from portal.foundation.request_context import origin
from portal.foundation.watch.services import look


def engine_sweep() -> int:
    """One pass of the engine as a safety net; the number of escalations it started or advanced."""
    now = clock.now()
    result = watchdog.sweep(now=now)
    look(by="worker", now=now)
    return result.started + result.advanced


def remind_mandate_reviews() -> int:
    """Reminds of overdue reviews of used mandates; the number of those."""
    with origin("job"):
        return remind_to_review(now=clock.now())


def remind_hand_offs() -> int:
    """Reminds of missing signatures; the number of hand-offs."""
    with origin("job"):
        return remind_signers(now=clock.now())


def run_drills() -> int:
    """Begins and ends the drills whose time has come; the number of those."""
    with origin("job"):
        return rhythm.run_due(now=clock.now())


def open_post_mortems() -> int:
    """Opens the post-mortems that are owed, and reminds of what is overdue of them; the number of those opened."""
    with origin("job"):
        now, opened = clock.now(), 0
        with each_alone("Post-mortems") as alone:
            with alone("opening them"):
                opened = post_mortems.open_those_owed(now=now)
            with alone("reminding"):
                post_mortems.remind(now=now)
        return opened


def follow_with_freezes() -> int:
    """Freezes changes where an escalation stands high, and lifts what followed one that does not any more; the number of both."""
    with origin("job"):
        return following.follow_escalations(now=clock.now(), from_level=settings.CHANGE_FREEZE_FROM_LEVEL)
