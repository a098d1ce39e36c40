"""What the watch asks of escalations: does the engine pass, is anything overdue or failing."""

from collections.abc import Iterator
from datetime import datetime

from portal.foundation.watch.probes import Trouble

from .queries import engine_health


def engine(now: datetime) -> Iterator[Trouble]:
    """Three queries, each by an index."""
    health = engine_health(now)
    if health.is_silent:
        yield Trouble("engine", f"{health.words}.")
    elif health.overdue_runs:
        yield Trouble("escalations", f"{health.overdue_runs} escalations are more than a minute overdue though the engine passes.")
    if health.failing_runs:
        said = f"{health.failing_runs} escalations keep failing and are tried again once a minute; the log and their runs say why."
        yield Trouble("failing escalations", said, loud=False)
