"""Processes that are asked to stop do: at any moment, all together, by force where somebody does not listen."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]


def python(program: str) -> subprocess.CompletedProcess[str]:
    """`program` in a process of its own, with two minutes to end: a busy machine takes its time to begin."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], cwd=PROJECT, capture_output=True, text=True, timeout=120, start_new_session=True
    )


def test_a_signal_in_the_middle_of_a_wait_ends_it() -> None:
    run = python("""
        import signal
        from portal.management.stopping import Stop

        # With threading.Event in the place of Stop this hangs within some hundred turns.
        for _ in range(500):
            stop = Stop()
            signal.signal(signal.SIGALRM, stop.set)
            signal.setitimer(signal.ITIMER_REAL, 0.001)
            while not stop.wait(0.00002):
                pass
        assert stop.is_set() and stop.wait(60)
        """)
    assert (run.returncode, run.stderr) == (0, "")


FAMILY = """
    import os, signal, sys, time
    from portal.management import family

    others_are_up, is_up = os.pipe()

    def deaf():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("up", flush=True)
        os.write(is_up, b"1")
        time.sleep(600)

    def of_good_will():
        signal.signal(signal.SIGTERM, lambda *received: sys.exit(0))
        print("up", flush=True)
        os.write(is_up, b"1")
        time.sleep(600)

    def breaks():
        os.read(others_are_up, 1)
        sys.exit(3)

    up = []
    def say(line):
        print(line, flush=True)
        up.append("up" in line)
        if sum(up) == 2 and ASKS:
            os.kill(os.getpid(), signal.SIGTERM)

    family.PATIENCE_SECONDS = ENOUGH
    parts = [family.Part(name, part) for name, part in PARTS.items()]
    sys.exit(family.Family(say).run(parts))
    """


@pytest.mark.parametrize(
    ("parts", "asks", "status", "said"),
    [
        ('{"web": of_good_will, "engine": of_good_will}', True, 0, []),
        ('{"web": of_good_will, "worker": deaf}', True, 0, ["worker had 2 s to stop and did not: ended by force."]),
        ('{"web": of_good_will, "engine": breaks}', False, 3, ["engine has stopped (status 3); so does everything else."]),
        ('{"worker": deaf, "engine": breaks}', False, 3, ["engine has stopped", "worker had 2 s to stop and did not"]),
    ],
)
def test_all_stop_together_and_who_does_not_listen_is_ended_by_force_and_named(
    parts: str, asks: bool, status: int, said: list[str]
) -> None:
    # Nobody waits for who listens, so they have all the time of a busy machine; of who does not, and is waited for, as much as is bearable.
    enough = "2.0" if "deaf" in parts else "60.0"
    run = python(FAMILY.replace("ENOUGH", enough).replace("PARTS", parts).replace("ASKS", str(asks)))
    assert (run.returncode, run.stderr) == (status, "")
    told = [line for line in run.stdout.splitlines() if not line.endswith("| up")]
    assert len(told) == len(said)
    assert all(line.startswith(begin) for line, begin in zip(told, said, strict=True)), told


def test_a_killed_parent_takes_its_children_along() -> None:
    run = python("""
        import os, time
        from portal.management.stopping import end_with_parent

        reading, writing = os.pipe()
        if not (parent := os.fork()):
            if not os.fork():
                end_with_parent()
                os.write(writing, str(os.getpid()).encode())
                time.sleep(60)
            time.sleep(60)
        child = int(os.read(reading, 20))
        os.kill(parent, 9)
        os.waitpid(parent, 0)
        for _ in range(200):
            time.sleep(0.05)
            try:
                if open(f"/proc/{child}/stat").read().rsplit(")", 1)[1].split()[0] == "Z":
                    break
            except FileNotFoundError:
                break
        else:
            raise SystemExit("It lives on.")
        """)
    assert (run.returncode, run.stderr) == (0, "")
