"""How long to wait before trying again, and when to give a contact point up. Pure."""

from datetime import timedelta

# An alert has minutes: with another way left, half a minute of failing is enough to take it.
BEFORE_ANOTHER_WAY = (timedelta(seconds=5), timedelta(seconds=15))
# The last way is worth more patience; a receiver that restarts is back within these four minutes.
ON_THE_LAST_WAY = (*BEFORE_ANOTHER_WAY, timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2))


def delay_after(tries: int, *, another_way: bool, asked: timedelta | None = None) -> timedelta | None:
    """The wait after `tries` failed attempts on one contact point; None to give it up. `another_way`: a next contact point exists.

    `asked` is how long the receiver wants to be left alone. On the last way it is waited for, up to the longest wait; with another way
    left, a receiver that wants to be left alone for longer is given up at once.
    """
    delays = BEFORE_ANOTHER_WAY if another_way else ON_THE_LAST_WAY
    if not 1 <= tries <= len(delays):
        return None
    wait = delays[tries - 1]
    if asked is None or asked <= wait:
        return wait
    if another_way:
        return asked if asked <= BEFORE_ANOTHER_WAY[-1] else None
    return min(asked, ON_THE_LAST_WAY[-1])
