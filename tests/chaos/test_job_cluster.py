"""One process of the job cluster is killed: the jobs go on, and nobody of the old cluster is left."""

import os
import signal
from pathlib import Path

import pytest

from tests.journeys.test_engine_survives_a_kill import own_database

from .world import World, wait_until, world

pytestmark = [
    pytest.mark.database_of_its_own,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux"),
]
# The parent and its sentinel; a worker comes with a job.
WHOLE = 2


def children(pid: int) -> list[int]:
    try:
        return sorted(int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split())
    except FileNotFoundError:
        return []


def cluster(pid: int) -> list[int]:
    return [pid, *(deep for child in children(pid) for deep in cluster(child))]


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def does_jobs(installation: World) -> None:
    before = installation.ask("jobs_done")
    installation.ask("job")
    wait_until(lambda: installation.ask("jobs_done") > before, 45)


@pytest.mark.parametrize("victim", ["sentinel", "worker"])
def test_jobs_go_on_after_any_process_of_the_cluster_is_killed(tmp_path: Path, victim: str) -> None:
    with own_database(tmp_path) as database, world(tmp_path, database, JOB_WORKERS="1") as installation:
        installation.ask("prepare", phones={"*": []})
        installation.ask("empty_queue")
        installation.start("worker")
        parent = installation.running["worker"].pid
        wait_until(lambda: len(cluster(parent)) == WHOLE, 60)
        does_jobs(installation)
        [sentinel] = children(parent)
        installation.ask("job")
        wait_until(lambda: bool(children(sentinel)), 45)
        old = cluster(parent)[1:]
        os.kill(sentinel if victim == "sentinel" else children(sentinel)[0], signal.SIGKILL)
        wait_until(lambda: not any(lives(pid) for pid in old), 20)
        wait_until(lambda: len(cluster(parent)) == WHOLE, 60)
        does_jobs(installation)
        said = (tmp_path / "worker.log").read_text()
        everybody = cluster(parent)
        # To all of them at once, as systemd does.
        for pid in everybody:
            os.kill(pid, signal.SIGTERM)
        assert installation.running["worker"].wait(15) == 0
        wait_until(lambda: not any(lives(pid) for pid in everybody), 5)
    assert "The job cluster has ended by itself; it is started again." in said
    assert "has failed" not in (tmp_path / "worker.log").read_text()
