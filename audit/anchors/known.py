"""What the anchors know: how large the ledger was, how each of them fares, and what is told when one does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from audit.sealing.models import LedgerCheckpoint
from portal.foundation.watch.probes import Trouble
from portal.foundation.words import duration

from .anchor import RFC3161, Anchor
from .configured import anchors, problems
from .models import AnchorReceipt

# A time stamp is bought; the others are near. A checkpoint is made every second at most, each minute at least.
EVERY = {RFC3161: timedelta(hours=1)}
OTHERS_EVERY = timedelta(seconds=10)
LATE_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class State:
    """How an anchor fares: the size it confirmed last and when, None before the first; since when it fails, and why."""

    name: str
    kind: str
    size: int | None
    at: datetime | None
    failing_since: datetime | None = None
    error: str = ""


def every(anchor: Anchor) -> timedelta:
    """How often it is shown a checkpoint at most."""
    return EVERY.get(anchor.kind, OTHERS_EVERY)


def largest_size() -> int:
    """The largest tree that any anchor has confirmed; 0 when there is none."""
    return AnchorReceipt.objects.exclude(receipt=None).aggregate(most=Max("size"))["most"] or 0


def last_shown(anchor: Anchor) -> AnchorReceipt | None:
    """What it confirmed last."""
    return AnchorReceipt.objects.filter(anchor=anchor.name, error="").order_by("-id").first()


def failing(anchor: Anchor) -> AnchorReceipt | None:
    """The row of the failure that lasts."""
    last = AnchorReceipt.objects.filter(anchor=anchor.name).order_by("-id").first()
    return last if last and last.error else None


def state(anchor: Anchor) -> State:
    """Two queries."""
    good, bad = last_shown(anchor), failing(anchor)
    size, at = (good.size, good.at) if good else (None, None)
    return State(anchor.name, anchor.kind, size, at, bad.at if bad else None, bad.error if bad else "")


def states() -> list[State]:
    """Every configured anchor. Two queries each."""
    return [state(anchor) for anchor in anchors()]


def troubles(now: datetime) -> Iterator[Trouble]:
    """The probe of the watch: what is configured wrongly, what fails, and what nobody shows anything to. No query where no anchor is."""
    for words in problems():
        yield Trouble("anchors", f"LEDGER_ANCHORS: {words}", loud=False)
    for anchor in anchors():
        yield from _trouble(anchor, state(anchor), now)


def _trouble(anchor: Anchor, found: State, now: datetime) -> Iterator[Trouble]:
    key = f"anchor {anchor.name}"
    if found.failing_since:
        since = f"{found.failing_since:%Y-%m-%d %H:%M:%S} UTC"
        yield Trouble(key, f"The ledger's checkpoints have not reached an anchor since {since}. {found.error}", loud=False)
        return
    waits = _unshown_since(found)
    if waits is not None and now - waits > every(anchor) + LATE_AFTER:
        when = f"for {duration(now - waits)}" if found.at else "yet"
        yield Trouble(
            key, f"Nobody has shown '{anchor.name}' a checkpoint {when}. Is the sealer running, and newer than LEDGER_ANCHORS?", loud=False
        )


def _unshown_since(found: State) -> datetime | None:
    """When the oldest checkpoint was made that it has not confirmed; of those that came together with others, a later one may stand for it."""
    later = LedgerCheckpoint.objects.order_by("at")
    if found.at is not None:
        later = later.filter(at__gt=found.at)
    return later.values_list("at", flat=True).first()
