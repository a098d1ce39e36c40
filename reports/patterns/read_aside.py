"""The process beside: `python -m reports.patterns.read_aside WHAT FILE` reads earlier quarters and leaves what they said in FILE."""

import json
import pickle
import sys
from datetime import datetime
from pathlib import Path

import django


def main(asked: str, answer: str) -> int:
    """0, or 3 where its settings name another database than that of who asked."""
    django.setup()
    from django.db import connection

    from reports.metrics.population import Population

    from .services import past_of

    wanted = json.loads(asked)
    if wanted["database"] != str(connection.settings_dict["NAME"]):
        return 3
    moments = datetime.fromisoformat
    quarters = [
        Population(moments(start), moments(end), None if units is None else tuple(units)) for start, end, units in wanted["quarters"]
    ]
    pasts = [past_of(each, moments(wanted["known_until"])) for each in quarters]
    Path(answer).write_bytes(pickle.dumps(pasts, protocol=pickle.HIGHEST_PROTOCOL))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
