"""Jobs of the frame. Their dotted names are public: queued tasks refer to them across releases."""

from portal.foundation import clock
from portal.foundation.outbox import dispatch
from portal.foundation.request_context import origin


def deliver_due() -> int:
    """Sends every message that is due; the number of those taken."""
    with origin("job"):
        return dispatch.deliver_due(now=clock.now())
