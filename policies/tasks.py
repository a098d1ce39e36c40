"""Jobs of the rules. Their dotted names are public: queued tasks refer to them across releases."""

from policies.simulation import services
from portal.foundation import clock
from portal.foundation.request_context import origin


def run_replay(run_id: int) -> None:
    """Replays past incidents as somebody asked; a second call finds nothing to do."""
    with origin("job"):
        services.carry_out(run_id, now=clock.now())
