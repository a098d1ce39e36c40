"""How long a replay takes with a whole quarter loaded: every incident under the version in force and under a draft.

    python benchmarks/bench_replay.py [LOG]

LOG is a ServiceNow incident event log. It is imported into a database of its own in a temporary folder; without one, 9,202 incidents
are made up. The replay runs in a process of its own, as the worker runs it. Limits: 5 s and 300 MB of resident memory.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
INCIDENTS = 9_202
MOST_SECONDS, MOST_MEGABYTES = 5.0, 300.0

PREPARE = "from benchmarks.replays import a_draft_to_replay; print(a_draft_to_replay().pk)"
REPLAY = """
import resource, time
from datetime import UTC, datetime
from policies.simulation.services import carry_out
before, used = time.perf_counter(), time.process_time()
run = carry_out({run}, now=datetime(2026, 1, 2, 1, tzinfo=UTC))
seconds, busy = time.perf_counter() - before, time.process_time() - used
assert run.state == "done", run.failure
found = run.result
print(seconds, busy, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, found["incidents"], found["changed"], *found["pages"])
"""


def main(log: Path | None) -> int:
    with tempfile.TemporaryDirectory(prefix="bench-replay-") as folder:
        environment = {**os.environ, "PORTAL_VAR": folder, "DATABASE_URL": ""}
        manage(environment, "migrate", "-v0")
        manage(environment, "sync_roles", "-v0")
        if log:
            manage(environment, "import_servicenow_log", str(log))
        else:
            shell(environment, f"from benchmarks.datasets import fill_quarter; fill_quarter({INCIDENTS})")
        run = shell(environment, PREPARE)
        figures = (float(part) for part in shell(environment, REPLAY.format(run=run)).split())
        seconds, busy, megabytes, incidents, changed, before, after = figures
    kept = seconds <= MOST_SECONDS and megabytes <= MOST_MEGABYTES
    print(f"{incidents:,.0f} incidents against two versions: {seconds:.2f} s ({busy:.2f} s of processor time), {megabytes:.0f} MB at most; "
          f"{changed:,.0f} changed, alerts {before:,.0f} and {after:,.0f}")  # fmt: skip
    print(f"{'kept' if kept else 'NOT KEPT'}: {MOST_SECONDS:.0f} s, {MOST_MEGABYTES:.0f} MB")
    return 0 if kept else 1


def manage(environment: dict[str, str], *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return run.stdout


def shell(environment: dict[str, str], code: str) -> str:
    """The last line that `code` prints."""
    return manage(environment, "shell", "-v0", "-c", code).strip().rpartition("\n")[2]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
