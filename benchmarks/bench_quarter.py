"""All figures of a quarter: time, memory, and whether the cost follows the quarter and not the history behind it.

    python benchmarks/bench_quarter.py [--incidents 100000 | --full] [--reuse FOLDER] [--cold] [--pack] [--json FILE]
    python -m tests.postgres --durable [--kept FOLDER] python benchmarks/bench_quarter.py ...

In a database of its own, eight quarters (benchmarks/quarters.py): first the last one alone, which is measured, then the seven before it, and the
same quarter is measured again: the figures must be the same to the last digit (but recurrence, which looks back), and their cost hardly more. With 1,000,000 incidents (--full) the
figures of a quarter take at most 10 s and 500 MB, and with --pack its whole pack at most 60 s. Each measurement is a process of its own. Beside
the time that passed stands the processor time of the portal and of PostgreSQL, which a busy machine does not change.

With --cold nothing of SQLite's file is in memory when the last measurement begins; where PostgreSQL runs, its system has to be asked for that.
--full takes ten minutes to fill and needs 11 GB. What --reuse (SQLite) or --kept (PostgreSQL) names stays and is measured again; of eight quarters
that are there already only the second measurement is made.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from processes import servers_time
from quarters import QUARTERS, STARTS, fill

PROJECT = Path(__file__).resolve().parents[1]
FULL, FEW = 1_000_000, 100_000
MOST_SECONDS, MOST_MEGABYTES, MOST_GROWTH, MOST_OF_A_PACK = 10.0, 500.0, 1.5, 60.0
LAST = QUARTERS - 1


def main(incidents: int, pack: bool, json_file: str, cold: bool) -> int:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    each = incidents // QUARTERS
    print(f"{connection.vendor}, {incidents:,} incidents in {QUARTERS} quarters, load {os.getloadavg()[0]:.1f}", flush=True)
    filled(LAST, each)
    alone = None if holds(0, each) else measured(pack=False)
    for number in range(LAST):
        filled(number, each)
    if cold:
        out_of_memory(Path(connection.settings_dict["NAME"]))
    behind = measured(pack=pack)
    growth = behind["processor"] / alone["processor"] if alone else None
    results = {
        "figures of a quarter": figure(behind["seconds"], "s", MOST_SECONDS),
        "processor time of these": figure(behind["processor"], "s", None),
        "most memory": figure(behind["megabytes"], "MB", MOST_MEGABYTES),
    }
    if alone and growth:
        assert alone["digest"] == behind["digest"], "the figures of a quarter hang on what was before it"
        results["cost with eight quarters to that with one"] = figure(growth, "times", MOST_GROWTH)
    if pack:
        results["pack of a quarter"] = figure(behind["pack"], "s", MOST_OF_A_PACK)
    for name, one in results.items():
        limit = "" if one["limit"] is None else f"of {one['limit']:g}: {'kept' if one['kept'] else 'NOT KEPT'}"
        print(f"{name:45}{one['value']:9.2f} {one['unit']:6}{limit}", flush=True)
    if json_file:
        Path(json_file).write_text(json.dumps({"database": connection.vendor, "results": results}, indent=2))
    return 0 if all(one["kept"] for one in results.values()) else 1


def figure(value: float, unit: str, limit: float | None) -> dict[str, Any]:
    return {"value": value, "unit": unit, "limit": limit, "kept": limit is None or value <= limit}


def out_of_memory(database: Path) -> None:
    """What the system keeps of the file is let go; what is not written yet is written first."""
    with database.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def holds(number: int, each: int) -> bool:
    from incidents.models import Incident

    return Incident.objects.filter(pk=1 + number * each).exists()


def filled(number: int, each: int) -> None:
    took = fill(number, each)
    if took:
        print(f"filled quarter {number + 1} in {took:.0f} s", flush=True)


def measured(*, pack: bool) -> dict[str, Any]:
    """A process of its own, so that its memory is its own; what it prints last."""
    command = [sys.executable, __file__, "--measure", *(["--pack"] if pack else [])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    *before, last = done.stdout.splitlines()
    print(*before, sep="\n", flush=True)
    return dict(json.loads(last))


def measure(*, pack: bool) -> None:
    """What each part took, and at the end everything as JSON."""
    import django

    django.setup()
    from reports.metrics import definitions
    from reports.metrics.chapter.build import told
    from reports.metrics.chapter.facts import facts_for
    from reports.metrics.population import Population
    from reports.metrics.queries import facts_of, last_event_at

    population = Population(STARTS[LAST], STARTS[LAST + 1])
    begun, used = time.monotonic(), processor()
    last = step("the last event", lambda: last_event_at(population)) or STARTS[LAST]
    facts = step("facts of the incidents", lambda: list(facts_of(population)))
    known = step("columns of everything else", lambda: facts_for(population, last))
    figures = step("figures of the incidents", lambda: definitions.measured((*definitions.METRICS, *definitions.COVERAGE), facts))
    chapter = step("all other figures, by every dimension", lambda: told(known))
    # What came back is looked for in the ninety days before, so it alone hangs on what was there.
    content = {name: value for name, value in chapter.content.items() if name != "recurrence"}
    told_as_text = json.dumps([figures, content], sort_keys=True, default=str)
    found: dict[str, Any] = {
        "seconds": time.monotonic() - begun,
        "processor": processor() - used,
        "megabytes": most_memory(),
        "digest": hashlib.sha256(told_as_text.encode()).hexdigest(),
    }
    print(f"  {figures['incidents_opened']:,} incidents, {sum(part['runs'] for part in chapter.content['tracks'].values()):,} escalations")
    if pack:
        del facts, known, chapter
        found["pack"] = built_in()
    print(json.dumps(found))


def built_in() -> float:
    """Seconds that the command takes for the pack in all formats."""
    with tempfile.TemporaryDirectory() as out:
        begun = time.monotonic()
        quarter = f"{STARTS[LAST].year}Q{(STARTS[LAST].month + 2) // 3}"
        subprocess.run(
            [sys.executable, "manage.py", "build_pack", quarter, "--out", out], cwd=PROJECT, check=True, stdout=subprocess.DEVNULL
        )
        return time.monotonic() - begun


def step(name: str, do: Any) -> Any:
    begun, used = time.monotonic(), processor()
    done = do()
    print(f"  {name:45}{time.monotonic() - begun:7.2f} s {processor() - used:7.2f} s of processor time", flush=True)
    return done


def most_memory() -> float:
    """Megabytes, of this program alone: what getrusage tells begins with what its parent had when it was forked."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(told["VmHWM"].split()[0]) / 1024


def processor() -> float:
    """Seconds that this process has used, and that which serves it."""
    return time.process_time() + (servers_own() or 0.0)


def servers_own() -> float | None:
    """Of PostgreSQL's process that serves this one, and of those that help it."""
    from django.db import connection
    from processes import cpu

    if connection.vendor == "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cpu(int(cursor.fetchone()[0])) + (servers_time() or 0.0)


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.development")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--incidents", type=int, default=FEW, help="how many in all eight quarters; 100,000 unless told")
    parser.add_argument("--full", action="store_true", help="1,000,000, for which the figures are promised")
    parser.add_argument("--reuse", metavar="FOLDER", help="fill the database there unless it is, and leave it")
    parser.add_argument("--cold", action="store_true", help="with SQLite, begin the last measurement with nothing of its file in memory")
    parser.add_argument("--pack", action="store_true", help="build the pack, too")
    parser.add_argument("--json", metavar="FILE", default="", help="write the figures there")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        measure(pack=asked.pack)
        sys.exit()
    with tempfile.TemporaryDirectory(prefix="bench-quarter-") as folder:
        held = Path(asked.reuse or folder).resolve()
        (held / "static").mkdir(parents=True, exist_ok=True)
        os.environ["PORTAL_VAR"] = str(held)
        sys.exit(main(FULL if asked.full else asked.incidents, asked.pack, asked.json, asked.cold))
