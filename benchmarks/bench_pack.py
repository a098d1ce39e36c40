"""The pack of a quarter in all four formats: time, and peak memory with its children, for one, two and four times the incidents.

`python -m benchmarks.bench_pack` uses a database of its own. Limits: 15 s and 400 MB for the 9,202 incidents of the public log's first
quarter, and a cost that grows no faster than the incidents.
"""

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

INCIDENTS = 9_202
MOST_SECONDS, MOST_MEGABYTES = 15.0, 400.0
# By processor time, which other work on the machine disturbs least. Start-up is in every run, so four times the incidents must cost less
# than four times; above it something grows faster.
MOST_GROWTH = 4.0
PROJECT = Path(__file__).resolve().parents[1]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bench-pack-") as folder:
        environment = {**os.environ, "PORTAL_VAR": folder, "DATABASE_URL": ""}
        manage(environment, "migrate", "-v0")
        figures = []
        for factor, more in ((1, 1), (2, 1), (4, 2)):
            fill(environment, INCIDENTS * more)
            figures.append(measure(environment, Path(folder, f"pack-{factor}")))
            seconds, processor, megabytes = figures[-1]
            print(
                f"{INCIDENTS * factor:>7,} incidents: {seconds:5.1f} s ({processor:.1f} s of processor time), {megabytes:4.0f} MB at most",
                flush=True,
            )
    (seconds, processor, megabytes), _, (_, four_times, _) = figures
    growth = four_times / processor
    kept = seconds <= MOST_SECONDS and megabytes <= MOST_MEGABYTES and growth <= MOST_GROWTH
    print(f"{'kept' if kept else 'NOT KEPT'}: {MOST_SECONDS:.0f} s, {MOST_MEGABYTES:.0f} MB, growth {growth:.1f} of {MOST_GROWTH:.0f}")
    return 0 if kept else 1


def manage(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL)


def fill(environment: dict[str, str], incidents: int) -> None:
    manage(environment, "shell", "-v0", "-c", f"from benchmarks.datasets import fill_quarter; fill_quarter({incidents})")


def measure(environment: dict[str, str], out: Path) -> tuple[float, float, float]:
    """Seconds, seconds of processor time, and the most megabytes that the command and its children held at the same time."""
    started, used = time.monotonic(), processor_time()
    command = [sys.executable, "manage.py", "build_pack", "2016Q1", "--out", str(out)]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)
    peak = 0

    def watch() -> None:
        nonlocal peak
        while process.poll() is None:
            peak = max(peak, resident(process.pid))
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = process.wait()
    watcher.join()
    assert status == 0, "the pack was not built"
    return time.monotonic() - started, processor_time() - used, peak / 1e6


def processor_time() -> float:
    """Seconds that ended children, and theirs, have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def resident(pid: int) -> int:
    """Bytes of memory of a process and all below it (Linux)."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident(int(child)) for child in children)


if __name__ == "__main__":
    sys.exit(main())
