"""The one reader of the clock. Doors call it once and hand `now` on; everything else takes `now` as an argument."""

from datetime import UTC, datetime


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)
