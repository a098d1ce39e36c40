"""Jobs of the frame. Their dotted names are public: queued tasks refer to them across releases."""

from portal.foundation import clock, reminders
from portal.foundation.directory import dropping, exporting
from portal.foundation.directory.services import expire_old
from portal.foundation.outbox import dispatch
from portal.foundation.request_context import origin


def deliver_due() -> int:
    """Sends every message that is due; the number of those taken."""
    with origin("job"):
        return dispatch.deliver_due(now=clock.now())


def directory_sweep() -> int:
    """Takes in files that the CMDB dropped, hands over what changed here, lets go of what nobody settled; the number of files taken in."""
    with origin("job"):
        now = clock.now()
        expire_old(now=now)
        taken = dropping.read_drop(now=now)
        exporting.send_changes(now=now)
        return taken


def remind_contacts() -> int:
    """Reminds people to verify their contact points, and before they are on duty; the number of reminders."""
    with origin("job"):
        now = clock.now()
        return reminders.remind_to_verify(now=now) + reminders.remind_before_duty(now=now)
