"""Reading events in tests."""

from audit.events.stories import actor_words, parsed
from audit.models import LedgerEvent


def who(event: LedgerEvent) -> str:
    """Who did it: the person's name, or the part of the portal."""
    return actor_words(parsed(event.payload)).removeprefix("the portal (").removesuffix(")")
