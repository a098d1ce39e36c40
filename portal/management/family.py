"""Several processes from one parent: it loads the code once, forks the others, passes on what they say, and stops all when one stops.

What the parent has loaded is shared memory for its children, so five processes cost little more than one.
"""

import contextlib
import ctypes
import gc
import math
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from django.db import connections

from .shared_memory import fill_holes, let_go_of_code

# A worker may be in the middle of a job, a sender in the middle of a call of ten seconds.
PATIENCE_SECONDS = 15.0
LOOK_SECONDS = 0.25
LONGEST_LINE = 65536
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One process: what stands before its lines, and what it does until it is told to stop."""

    name: str
    run: Callable[[], object]


@dataclass(slots=True)
class _Child:
    name: str
    pid: int
    pipe: int
    code: int | None = None
    rest: bytes = b""


@dataclass(slots=True)
class Family:
    """The children of this process. `say` takes each of their lines."""

    say: Callable[[str], None]
    children: list[_Child] = field(default_factory=list)
    asked_to_stop: bool = False
    _patient_until: float = 0.0

    def run(self, parts: Sequence[Part]) -> int:
        """Starts all parts and waits: 0 when somebody asked to stop, else the status of the part that stopped by itself (1 at least)."""
        before = {number: signal.signal(number, self._asked) for number in _SIGNALS}
        try:
            for part in parts:
                self.children.append(_forked(part, self.children))
            let_go_of_code()
            first = self._until_all_are_gone()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        return 0 if self.asked_to_stop else max(first, 1)

    def _asked(self, number: int, frame: object) -> None:
        # Whoever asks again does not want to wait.
        self._stop(signal.SIGKILL if self.asked_to_stop else signal.SIGTERM)
        self.asked_to_stop = True

    def _until_all_are_gone(self) -> int:
        first: int | None = None
        with selectors.DefaultSelector() as lines:
            for child in self.children:
                lines.register(child.pipe, selectors.EVENT_READ, child)
            while any(child.code is None for child in self.children):
                for key, _ in lines.select(LOOK_SECONDS):
                    if not self._pass_on(key.data):
                        lines.unregister(key.fileobj)
                for child in self._newly_gone():
                    if first is None and not self.asked_to_stop:
                        self.say(f"{child.name} has stopped (status {child.code}); so does everything else.")
                    if first is None:
                        first = child.code
                        self._stop(signal.SIGTERM)
                if self._patient_until and time.monotonic() > self._patient_until:
                    self._end_by_force()
        return abs(first or 0)

    def _pass_on(self, child: _Child) -> bool:
        """Says the whole lines that have come in; False when nothing will come any more."""
        read = os.read(child.pipe, LONGEST_LINE)
        *whole, child.rest = (child.rest + read).split(b"\n")
        if (not read and child.rest) or len(child.rest) > LONGEST_LINE:
            whole, child.rest = [*whole, child.rest], b""
        for line in whole:
            self.say(f"{child.name:<6} | {line.decode(errors='replace')}")
        return bool(read)

    def _newly_gone(self) -> list[_Child]:
        gone = []
        for child in self.children:
            if child.code is None:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
                if pid:
                    child.code = os.waitstatus_to_exitcode(status)
                    gone.append(child)
        return gone

    def _end_by_force(self) -> None:
        late = ", ".join(child.name for child in self.children if child.code is None)
        if late:
            self.say(f"{late} had {PATIENCE_SECONDS:g} s to stop and did not: ended by force. What was in hand is done again.")
        self._stop(signal.SIGKILL)
        self._patient_until = math.inf

    def _stop(self, number: int) -> None:
        """Asks each child; they stop their own children, the job cluster after the jobs in hand. By force it takes those along."""
        self._patient_until = self._patient_until or time.monotonic() + PATIENCE_SECONDS
        for child in self.children:
            if child.code is None:
                with contextlib.suppress(ProcessLookupError):
                    (os.killpg if number == signal.SIGKILL else os.kill)(child.pid, number)


def prepare() -> None:
    """Before forking: no connection is shared, and what is loaded stays where it is, so that its pages stay shared."""
    connections.close_all()
    gc.collect()
    gc.freeze()
    fill_holes()


def aside(work: Callable[[], None]) -> int:
    """Does `work` in a process of its own and waits for it; the status it ended with. Its errors end it as they would have ended this one."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        work()
        sys.stdout.flush()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _forked(part: Part, older: Sequence[_Child]) -> _Child:
    reading, writing = os.pipe()
    sys.stdout.flush()
    parent, pid = os.getpid(), os.fork()
    if pid == 0:
        os.close(reading)
        for child in older:
            os.close(child.pipe)
        _be(part, writing, parent)
    os.close(writing)
    return _Child(part.name, pid, reading)


def _be(part: Part, writing: int, parent: int) -> NoReturn:
    """The child: its own group, so that Ctrl-C reaches the parent alone; its words go to the parent; it does not outlive the parent."""
    status = 1
    try:
        os.setpgid(0, 0)
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        _stop_with(parent)
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        os.close(writing)
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        part.run()
        status = 0
    except SystemExit as stopped:
        status = stopped.code if isinstance(stopped.code, int) else int(stopped.code is not None)
    except BaseException as error:  # noqa: BLE001 - nothing may return into the parent's code
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _stop_with(parent: int) -> None:
    """On Linux the kernel stops the child when its parent dies, even by SIGKILL. Elsewhere whoever kills the parent stops the rest."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)


def say(line: str) -> None:
    """A line on the terminal with the time before it."""
    sys.stdout.write(f"{datetime.now():%H:%M:%S} {line}\n")  # noqa: DTZ005 - the reader's own clock
    sys.stdout.flush()
