"""The net under the engine, run by the workers' schedule: one pass in its place, whether or not it lives, and a word when it does not."""

import logging
from datetime import datetime

from .engine import CycleResult, run_cycle
from .models import EngineHeartbeat
from .queries import engine_health

logger = logging.getLogger(__name__)


def sweep(*, now: datetime) -> CycleResult:
    """Warns when the engine is not well, makes one pass over everything, and leaves the watchdog's own sign.

    The pass takes what has no due time or one of long ago as due (`oddities` says so), and finds what no wake-up told of. It leaves no
    sign of life for the engine: that is its own.
    """
    health = engine_health(now)
    if not health.is_well:
        logger.error("%s. The workers' sweep stands in once a minute.", health.words)
    result = run_cycle(now=now, heartbeat=False)
    if not EngineHeartbeat.objects.filter(pk=1).update(swept_at=now):
        EngineHeartbeat.objects.bulk_create([EngineHeartbeat(pk=1, swept_at=now)], ignore_conflicts=True)
    return result
