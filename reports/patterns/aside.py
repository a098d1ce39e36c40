"""Earlier quarters read by a process of its own, beside the quarter itself: they take as long, and a second core has nothing else to do."""

import json
import logging
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.db import connection

from reports.metrics.population import Population

from .finding import Past

# A process takes a second or two to begin; fewer incidents are read in that time.
WORTH_IT = 50_000
# What is read in ten times less must not hold up a report for ever.
LONGEST_SECONDS = 600
PYTHON = sys.executable
_PROJECT = Path(__file__).resolve().parents[2]
_log = logging.getLogger(__name__)


class Aside:
    """The process, and where it leaves what it has read."""

    def __init__(self, process: subprocess.Popen[bytes] | None, answer: Path) -> None:
        self._process, self._answer = process, answer

    def pasts(self) -> list[Past] | None:
        """What the quarters said, in their order; None where nobody was asked or nothing came: then read them here."""
        if self._process is None:
            return None
        try:
            status = self._process.wait(LONGEST_SECONDS)
            if status == 0:
                return list(pickle.loads(self._answer.read_bytes()))  # noqa: S301 (our own process wrote it, where only we may write)
            _log.warning("Earlier quarters were not read by the process beside, which ended with %s; they are read here.", status)
        except (subprocess.TimeoutExpired, OSError, pickle.UnpicklingError, EOFError) as error:
            _log.warning("Earlier quarters were not read by the process beside (%s); they are read here.", type(error).__name__)
        return None


@contextmanager
def begun(quarters: Sequence[Population], known_until: datetime, incidents: int) -> Iterator[Aside]:
    """Begins to read `quarters`, of so many incidents together, where it is worth it; at the end nothing of it is left.

    Another process does not see what a transaction has not committed, so within one nobody is asked.
    """
    with tempfile.TemporaryDirectory(prefix="past-") as folder:
        answer = Path(folder, "pasts")
        process = _process(quarters, known_until, answer) if quarters and worth_it(incidents) else None
        try:
            yield Aside(process, answer)
        finally:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()


def worth_it(incidents: int) -> bool:
    return incidents >= WORTH_IT and (os.cpu_count() or 1) > 1 and not connection.in_atomic_block


def _process(quarters: Sequence[Population], known_until: datetime, answer: Path) -> subprocess.Popen[bytes]:
    asked = {
        "database": str(connection.settings_dict["NAME"]),
        "known_until": known_until.isoformat(),
        "quarters": [[each.start.isoformat(), each.end.isoformat(), each.units] for each in quarters],
    }
    # -P: the folder we happen to stand in is no place to import from.
    command = [PYTHON, "-P", "-m", "reports.patterns.read_aside", json.dumps(asked), str(answer)]
    environment = {**os.environ, "PYTHONPATH": str(_PROJECT)}
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
