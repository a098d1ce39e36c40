"""The sending process: one thread does all database work in batches, others only call the channels.

Every lane has its own number of calls in flight, so a provider that is slow or dead holds up nobody but its own messages. Of a lane that is
quick more is taken than it can begin at once: its threads go from one call to the next without waiting for the database.
"""

import logging
import queue
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError

from portal.foundation.signs.beats import SENDER, beat
from portal.foundation.signs.tally import write_down

from .calling import Parcel, Result, call
from .claiming import Receiver, Room, bring_forward, claim, renew, something_due
from .receipts import settle_missing
from .recording import record

logger = logging.getLogger(__name__)
# Twilio, Slack and Teams take some tens of calls at once; more of them on one lane only wait for each other.
CALLS_A_LANE = 48
# Beside those in flight, at most as many as a lane did in its last second and this many: a dead one has nothing more in hand, so that what is
# taken back or goes another way is not kept here. What is taken and written together shares its questions to the database.
MOST_AHEAD = 192
PACE_SECONDS = 0.5
# A lane with less room is looked at when more of its calls are over: taking messages one by one costs more than it gains.
WORTH_A_LOOK = 16
# Threads that wait for an answer cost little; this many let seven dead providers hang while the eighth is served.
MOST_CALLS = 384
MOST_IN_HAND = 1_000
# Whoever comes back from the network or the database waits this long for the interpreter, if the others are busy; by itself it would be ten
# times as long, a thousand times in a thousand messages.
SWITCH_SECONDS = 0.0005
# Renewed while a call runs. After a crash its messages wait no longer than this; a database that stalls for longer in one of several
# processes costs a copy with the same key.
LEASE = timedelta(seconds=4)
RENEW_EVERY = 1.0
# How long it looks for nothing. The query is one step in an index.
POLL_SECONDS = 0.1
# Results that come in together are written together; waiting this long for more of them halves the transactions.
GATHER_SECONDS = 0.02
MOST_AT_ONCE = 200
RECEIPTS_EVERY = 1.0
# Often enough to be missed soon, seldom enough to cost an idle system nothing.
SIGN_EVERY = 5.0


class Sender:
    """Takes, calls and records until it is told to stop. `clock` tells the time; `call` is what a thread does with a parcel."""

    def __init__(self, clock: Callable[[], datetime], call: Callable[[Parcel, datetime], Result] = call) -> None:
        self._clock, self._call = clock, call
        self._threads = ThreadPoolExecutor(MOST_CALLS, thread_name_prefix="sending")
        self._done: queue.SimpleQueue[Result] = queue.SimpleQueue()
        # What is in hand: being called, or ahead in its lane's queue.
        self._flying: dict[int, tuple[Parcel, datetime]] = {}
        self._lock = threading.Lock()
        self._ahead: dict[str, deque[Parcel]] = {}
        self._calling: Counter[str] = Counter()
        # How many calls each lane did in this stretch of time and the one before.
        self._pace, self._paced = (Counter[str](), Counter[str]()), time.monotonic()
        self._unwritten: list[Result] = []
        self._stuck: set[UUID] = set()
        self._last: datetime | None = None
        self._renewed = self._looked_for_receipts = time.monotonic()
        self._signed = 0.0
        sys.setswitchinterval(SWITCH_SECONDS)

    def finish(self) -> None:
        """Begins nothing more, waits for the calls that run, and writes down how they went. Raises the database's errors."""
        while self._flying:
            self._write(POLL_SECONDS)
            self._keep()
        self._threads.shutdown()

    def step(self) -> None:
        """One round: write down what has come back, take what is due, begin its calls. Waits a moment for results where there is nothing.

        Raises the database's errors; what has come back is kept and written in the next round.
        """
        now = self._clock()
        if self._last is None or now < self._last - LEASE:
            bring_forward(now)
        self._last = now
        due = something_due(now)
        began = self._begin(now) if due else 0
        self._say_that_it_lives(now)
        if due and time.monotonic() - self._looked_for_receipts >= RECEIPTS_EVERY:
            settle_missing(now=now)
            self._looked_for_receipts = time.monotonic()
        self._keep()
        self._write(0 if began else POLL_SECONDS)

    def close(self) -> None:
        """Ends the threads without waiting for what they call."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _begin(self, now: datetime) -> int:
        room = self._room()
        parcels = claim(now, room, LEASE) if room.most > 0 else []
        with self._lock:
            for parcel in parcels:
                self._flying[id(parcel)] = (parcel, now)
                self._ahead.setdefault(parcel.lane, deque()).append(parcel)
        self._call_on()
        return len(parcels)

    def _call_on(self) -> None:
        """Puts a thread on every lane that has something to call and room for a call."""
        with self._lock:
            for lane, waiting in self._ahead.items():
                more = min(len(waiting), CALLS_A_LANE - self._calling[lane], MOST_CALLS - self._calling.total())
                self._calling[lane] += max(0, more)
                for _ in range(more):
                    self._threads.submit(self._serve, lane)

    def _serve(self, lane: str) -> None:
        """A thread's work: one call of the lane after the other, until there is nothing to call."""
        while (parcel := self._next(lane)) is not None:
            self._done.put(self._call(parcel, self._clock()))

    def _next(self, lane: str) -> Parcel | None:
        with self._lock:
            if self._ahead[lane]:
                return self._ahead[lane].popleft()
            self._calling[lane] -= 1
            return None

    def _room(self) -> Room:
        lanes: Counter[str] = Counter()
        calling: dict[Receiver, list[datetime]] = {}
        for parcel, begun in self._flying.values():
            lanes[parcel.lane] += 1
            calling.setdefault((parcel.contact.person_id, parcel.contact.channel), []).append(begun)
        self._keep_pace()
        return Room(
            free=lambda lane: self._most_of(lane) - lanes[lane],
            most=MOST_IN_HAND - len(self._flying),
            full=[lane for lane, calls in lanes.items() if calls > self._most_of(lane) - max(WORTH_A_LOOK, self._most_of(lane) // 3)],
            held=self._held(),
            calling=calling,
        )

    def _most_of(self, lane: str) -> int:
        """How many of its calls this process may have in hand."""
        return CALLS_A_LANE + min(MOST_AHEAD, sum(pace[lane] for pace in self._pace))

    def _keep_pace(self) -> None:
        if time.monotonic() - self._paced >= PACE_SECONDS:
            self._pace, self._paced = (Counter(), self._pace[0]), time.monotonic()

    def _held(self) -> set[UUID]:
        return {message.pk for parcel, _ in self._flying.values() for message in parcel.messages} | self._stuck

    def _write(self, wait: float) -> None:
        """Writes down what has come back, once the first of it is there or `wait` seconds are over."""
        try:
            if not self._unwritten:
                self._unwritten.append(self._done.get(timeout=wait) if wait else self._done.get_nowait())
                time.sleep(GATHER_SECONDS)
            while len(self._unwritten) < MOST_AT_ONCE:
                self._unwritten.append(self._done.get_nowait())
        except queue.Empty:
            pass
        if not self._unwritten:
            return
        self._record(self._unwritten)
        self._unwritten = []

    def _record(self, results: list[Result]) -> None:
        """Writes `results` down. One that cannot be written keeps its message in hand until this process ends: sent again it would fare no
        better, again and again, and it must not keep the others from being written."""
        try:
            record(results, self._clock())
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            if len(results) > 1:
                for result in results:
                    self._record([result])
                return
            logger.exception("How a message fared could not be written down.")
            self._stuck.update(message.pk for message in results[0].parcel.messages)
        for result in results:
            self._flying.pop(id(result.parcel), None)
            self._pace[0][result.parcel.lane] += 1

    def _keep(self) -> None:
        """Holds on to the messages whose calls still run."""
        if (self._flying or self._stuck) and time.monotonic() - self._renewed >= RENEW_EVERY:
            renew(self._held(), self._clock() + LEASE)
            self._renewed = time.monotonic()

    def _say_that_it_lives(self, now: datetime) -> None:
        if not self._signed or time.monotonic() - self._signed >= SIGN_EVERY:
            beat(SENDER, now=now)
            write_down(now=now)
            self._signed = time.monotonic()
