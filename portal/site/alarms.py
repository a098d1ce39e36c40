"""What every page of the admin says while the engine, the sender or the queue is not well."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from portal.foundation import clock
from portal.foundation.watch.banner import board


def standing(request: HttpRequest) -> dict[str, Callable[[], list[Any]]]:
    """For templates: `alarms`, asked only by a page that shows them."""
    return {"alarms": lambda: board.loud(clock.now())}
