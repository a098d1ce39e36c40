"""Several processes say what one says, to the word; where none can be had, one does it all."""

import concurrent.futures
import subprocess
import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from audit.evidence.verifier import verify

from .conftest import Judge
from .made_bundles import Ledger, Members, canonical, described, packed

pytestmark = pytest.mark.usefixtures("fast_signatures")
DRIVER = """
import multiprocessing, sys
sys.path.insert(0, {folder!r})
import verify

if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    sys.exit(verify.main([{bundle!r}, "--json", "--processes", "2"]))
"""


@cache
def honest() -> Members:
    """Some 120 kB of entries: about objects, pruned, governed, with cards, told late."""
    ledger = Ledger()
    name = ledger.card("Ada")
    for number in range(240):
        ledger.write(pk=str(number % 7), why="über " * (number % 60), actor={"id": "person:7", "name": name})
        if number % 50 == 7:
            ledger.seal()
        if number == 100:
            ledger.remove((3, 5))
        if number == 150:
            ledger.rotate()
        if number % 90 == 80:
            ledger.write(ts="2026-03-01T00:00:00.000000Z", rec=f"{ledger.now:%Y-%m-%dT%H:%M:%S.%f}Z")
    return ledger.export()


def changed(number: int, line: bytes) -> Members:
    lines = honest()["entries.jsonl"].splitlines(keepends=True)
    lines[number] = line
    return described({**honest(), "entries.jsonl": b"".join(lines)})


def bundles() -> list[Members | bytes]:
    entries = honest()["entries.jsonl"].splitlines(keepends=True)
    early = entries[130].replace(b'"ts":"2026-03-02T09', b'"ts":"2026-03-02T08')
    broken = bytearray(packed(honest()))
    broken[len(broken) // 3] ^= 1
    return [
        honest(),
        changed(20, entries[20].replace(b"noted", b"nosed")),
        changed(200, entries[20]),
        changed(130, early),
        changed(60, b'{"v":2}\n'),
        changed(61, b"[]\n"),
        changed(62, b"\xff\n"),
        changed(-1, b'{"v"'),
        {**honest(), "entries.jsonl": honest()["entries.jsonl"] + canonical(["omitted", 0, 0, "0" * 64]) + b"\n"},
        bytes(broken),
    ]


@pytest.fixture
def many_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "CHUNK", 2_000)


@pytest.mark.usefixtures("many_blocks")
def test_helpers_say_what_one_process_says(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads stand in for processes here, which changes nothing but what it costs to start them."""
    used: list[int] = []

    def pool(count: int, **options: Any) -> Executor:
        used.append(count)
        return ThreadPoolExecutor(count, **options)

    monkeypatch.setattr(verify.signal, "signal", lambda *_: None)
    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", pool)
    for bundle in bundles():
        for mode in ("--deep", "--quick"):
            alone = judge(bundle, mode, "--processes", "1")
            assert judge(bundle, mode, "--processes", "3") == alone
    assert set(used) == {3}
    assert alone["word"] == "tampered"


@pytest.mark.usefixtures("many_blocks")
def test_processes_of_their_own_say_the_same(judge: Judge) -> None:
    for bundle in (honest(), bundles()[2]):
        assert judge(bundle, "--processes", "2") == judge(bundle, "--processes", "1")


def test_they_need_not_be_forked(tmp_path: Path) -> None:
    """As on Windows and macOS, where each begins by reading the program."""
    bundle, driver = tmp_path / "bundle.zip", tmp_path / "driver.py"
    bundle.write_bytes(packed(honest()))
    driver.write_text(DRIVER.format(folder=str(Path(str(verify.__file__)).parent), bundle=str(bundle)))
    done = subprocess.run([sys.executable, "-I", "-S", str(driver)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_short_bundle_starts_none(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_wanted(*_: object, **__: object) -> Executor:
        raise SystemExit(99)

    monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", none_wanted)
    assert judge(honest())["word"] == "sound"
    assert judge(honest(), "--quick")["word"] == "sound"


class Gone(Executor):
    """Helpers that answer twice, and are killed then."""

    def __init__(self, *_: object, **__: object) -> None:
        self.left = 2

    def submit(self, work: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
        promise: Future[Any] = Future()
        self.left -= 1
        if self.left < -4:
            raise BrokenProcessPool
        if self.left < 0:
            promise.set_exception(BrokenProcessPool())
        else:
            promise.set_result(work(*arguments))
        return promise


@pytest.mark.usefixtures("many_blocks")
def test_where_helpers_cannot_be_had_or_are_killed_one_process_does_it(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_here(*_: object, **__: object) -> Executor:
        raise OSError("Function not implemented")

    for pool in (not_here, Gone):
        monkeypatch.setattr(concurrent.futures, "ProcessPoolExecutor", pool)
        for bundle in (honest(), bundles()[2]):
            assert judge(bundle, "--processes", "2") == judge(bundle, "--processes", "1")
