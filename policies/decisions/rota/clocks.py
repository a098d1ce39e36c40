"""Local times as instants, whatever the clocks do.

In plain words: of a local time that a day has twice, the first counts. A local time that a day does not have, because the clocks go
forward over it, is the moment at which they do. So a later local time is never an earlier instant, and of two windows that touch on
the clock, neither gap nor overlap is left when the clocks change.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from .values import Layer, Unit

DAY = timedelta(days=1)
LENGTHS = {Unit.HOURS: timedelta(hours=1), Unit.DAYS: DAY, Unit.WEEKS: 7 * DAY}


@lru_cache(maxsize=65_536)
def instant(naive: datetime, zone: str) -> datetime:
    """The instant (UTC) at which the clocks of `zone` show `naive`."""
    tz = ZoneInfo(zone)
    before = naive.replace(tzinfo=tz).astimezone(UTC)
    if before.astimezone(tz).replace(tzinfo=None) == naive:
        return before
    # A gap: the offset before it gives an instant after the change, the offset after it one before. The change lies between.
    low, high = naive.replace(tzinfo=tz, fold=1).astimezone(UTC), before
    offset = high.astimezone(tz).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (low, middle) if middle.astimezone(tz).utcoffset() == offset else (middle, high)
    return high


def on_day(day: date, at: time, zone: str) -> datetime:
    """The instant at which the clocks of `zone` show `at` on `day`."""
    return instant(datetime.combine(day, at), zone)


def handover(layer: Layer, shift: int, zone: str) -> datetime:
    """When shift number `shift` (0 is the first) begins: the stated local time of its day. Its number tells whose it is."""
    start = datetime.combine(layer.starts_on, layer.handover_at)
    return instant(start + shift * length(layer), zone)


def shift_at(layer: Layer, at: datetime, zone: str) -> int:
    """The number of the shift that `at` falls into; negative before the start. A shift that a clock change swallows has no instant."""
    local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    shift = (local - datetime.combine(layer.starts_on, layer.handover_at)) // length(layer)
    while handover(layer, shift, zone) > at:
        shift -= 1
    while handover(layer, shift + 1, zone) <= at:
        shift += 1
    return shift


def length(layer: Layer) -> timedelta:
    """The length of a shift on the clock; across a change of the clocks it really lasts longer or shorter."""
    return LENGTHS[layer.unit] * layer.every
