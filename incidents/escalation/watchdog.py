"""The net under the engine: run by the workers' schedule, it takes a pass when the engine is silent and says so."""

import logging
from datetime import datetime

from .engine import CycleResult, run_cycle
from .queries import engine_health

logger = logging.getLogger(__name__)


def sweep(*, now: datetime) -> CycleResult:
    """Warns when the engine is not well, then makes one pass in its place. Leaves no sign of life: that is the engine's own."""
    health = engine_health(now)
    if not health.is_well:
        logger.error("%s. The workers' sweep stands in once a minute.", health.words)
    return run_cycle(now=now, heartbeat=False)
