"""How long the import of a ServiceNow log takes, beside what the `sqlite3` shell needs for the same rows.

    python benchmarks/bench_import.py [LOG]

LOG is a ServiceNow incident log, CSV, plain or gzip. Without one the sample under tests/ is repeated, under new numbers, until it has the
59,354 rows of the public log's first quarter. Each of three rounds runs `.import` and then the portal's import, both into an empty SQLite
database, so that a busy machine hurts both. Limits: 60 times the shell's time and 400 MB of resident memory.
"""

import argparse
import gzip
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SAMPLE = PROJECT / "tests" / "contracts" / "servicenow_log" / "sample.csv"
QUARTER = 59_354
ROUNDS = 3
MOST_TIMES, MOST_MEGABYTES = 60.0, 400.0


def main(log: Path | None) -> int:
    shell = shutil.which("sqlite3")
    if shell is None:
        print("The sqlite3 shell is needed for comparison and was not found: not run.")
        return 0
    with tempfile.TemporaryDirectory(prefix="bench-import-") as name:
        folder = Path(name)
        plain = folder / "log.csv"
        plain.write_bytes(content_of(log) if log else repeated(QUARTER))
        measured = log or plain
        environment = {**os.environ, "PORTAL_VAR": name, "DATABASE_URL": ""}
        manage(environment, "migrate", "-v0")
        empty, database = folder / "empty.sqlite3", folder / "portal.sqlite3"
        database.replace(empty)
        pairs = []
        for _ in range(ROUNDS):
            for stale in folder.glob("portal.sqlite3*"):
                stale.unlink()
            shutil.copy(empty, database)
            yardstick = shell_import(shell, plain, folder / "shell.sqlite3")
            pairs.append((yardstick, timed(manage, environment, "import_servicenow_log", str(measured))))
            print(f"sqlite3 .import {pairs[-1][0]:6.2f} s   import_servicenow_log {pairs[-1][1]:6.2f} s", flush=True)
    ratio = statistics.median(ours / theirs for theirs, ours in pairs)
    theirs, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    kept = ratio <= MOST_TIMES and megabytes <= MOST_MEGABYTES
    print(f"{'kept' if kept else 'NOT KEPT'}: medians {theirs:.2f} s and {ours:.2f} s, ratio {ratio:.1f} of {MOST_TIMES:.0f}, "
          f"peak {megabytes:.0f} MB of {MOST_MEGABYTES:.0f}")  # fmt: skip
    return 0 if kept else 1


def content_of(log: Path) -> bytes:
    content = log.read_bytes()
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def repeated(rows: int) -> bytes:
    """The sample again and again; each time its incidents get numbers of their own."""
    header, *lines = SAMPLE.read_bytes().splitlines(keepends=True)
    found = [header]
    for turn in range(rows // len(lines) + 1):
        found += [b"INC%03d%s" % (turn, line[3:]) for line in lines]
    return b"".join(found[: rows + 1])


def shell_import(shell: str, log: Path, database: Path) -> float:
    database.unlink(missing_ok=True)
    return timed(subprocess.run, [shell, str(database), ".mode csv", f".import {log} log"], check=True)


def manage(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL)


def timed(function: object, *arguments: object, **options: object) -> float:
    started = time.monotonic()
    function(*arguments, **options)  # type: ignore[operator]
    return time.monotonic() - started


def given() -> Path | None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("log", metavar="LOG", nargs="?", type=Path)
    log: Path | None = parser.parse_args().log
    return log


if __name__ == "__main__":
    sys.exit(main(given()))
