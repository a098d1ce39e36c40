"""What processes have used, as the system says (Linux)."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def fields_of(pid: int) -> list[str]:
    """What the system says of a process, from its state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    return sum(map(int, fields_of(pid)[11:13])) / TICKS


def servers_time() -> float | None:
    """Seconds of processor time of PostgreSQL's processes but the one that serves this program; None with SQLite, which has no server."""
    from django.db import connection

    if connection.vendor == "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        own = int(cursor.fetchone()[0])
    server = int(fields_of(own)[1])
    # Those that have ended count with their parent.
    ended = sum(map(int, fields_of(server)[13:15])) / TICKS
    return ended + sum(cpu(pid) for pid in map(int, _numbers()) if pid != own and _is_child(pid, server))


def _numbers() -> list[str]:
    return [path.name for path in Path("/proc").glob("[0-9]*")]


def _is_child(pid: int, parent: int) -> bool:
    try:
        return int(fields_of(pid)[1]) == parent
    except OSError:
        return False
