"""Jobs of the trail. Their dotted names are public: queued tasks refer to them across releases."""

from audit.capture.reconciling import reconcile
from portal.foundation import clock
from portal.foundation.request_context import origin


def reconcile_changes() -> int:
    """Reports what was changed in the database past the portal; the number of events that made."""
    with origin("job"):
        return reconcile(now=clock.now())
