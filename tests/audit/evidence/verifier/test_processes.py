"""Several processes say what one says, to the word; where none can be had, one does it all."""

import multiprocessing
import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

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
    monkeypatch.setattr(verify, "PACKED", 2_000)
    monkeypatch.setattr(verify, "CHUNK", 2_000)


@pytest.mark.usefixtures("many_blocks")
def test_helpers_say_what_one_process_says(judge: Judge) -> None:
    for number, bundle in enumerate(bundles()):
        mode = ("--deep", "--quick")[number % 2]
        assert judge(bundle, mode, "--processes", "2") == judge(bundle, mode, "--processes", "1")


def test_they_need_not_be_forked(tmp_path: Path) -> None:
    """As on Windows and macOS, where each begins by reading the program."""
    bundle, driver = tmp_path / "bundle.zip", tmp_path / "driver.py"
    bundle.write_bytes(packed(honest()))
    driver.write_text(DRIVER.format(folder=str(Path(str(verify.__file__)).parent), bundle=str(bundle)))
    done = subprocess.run([sys.executable, "-I", "-S", str(driver)], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_short_bundle_starts_none(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_wanted(*_: object, **__: object) -> None:
        raise SystemExit(99)

    monkeypatch.setattr(verify, "Process", none_wanted)
    assert judge(honest())["word"] == "sound"
    assert judge(honest(), "--quick")["word"] == "sound"


@pytest.mark.usefixtures("many_blocks")
def test_where_none_can_be_had_one_process_does_it(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_here(*_: object, **__: object) -> None:
        raise OSError("Function not implemented")

    monkeypatch.setattr(verify, "Process", not_here)
    for bundle in (honest(), bundles()[2]):
        assert judge(bundle, "--processes", "2") == judge(bundle, "--processes", "1")


@pytest.mark.usefixtures("many_blocks")
def test_when_they_are_killed_one_process_does_the_rest(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = [judge(bundle, "--processes", "1") for bundle in (honest(), bundles()[2])]
    examine, asked = verify.Reader.examine, []

    def killed(reader: verify.Reader, block: bytes) -> object:
        asked.append(block)
        if len(asked) > 2 and reader is not verify.Reader.mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return examine(reader, block)

    monkeypatch.setattr(verify.Reader, "examine", killed)
    for bundle, verdict in zip((honest(), bundles()[2]), alone, strict=True):
        asked.clear()
        assert judge(bundle, "--processes", "2") == verdict
        assert asked


@pytest.mark.usefixtures("many_blocks")
def test_none_is_left_when_it_is_done_or_cannot_go_on(judge: Judge) -> None:
    for bundle in (honest(), bundles()[5]):
        judge(bundle, "--processes", "3")
        assert not multiprocessing.active_children()
