"""Why an incident may not be closed: a hand-off of it lacks a signature."""

from collections.abc import Iterator

from incidents.lifecycle.models import Incident

from .models import HandOff
from .telling import missing_in_words, of_track


def unsigned(incident: Incident) -> Iterator[str]:
    """One sentence for each hand-off that waits, and what to do about it. One query."""
    waiting = HandOff.objects.filter(incident=incident, state=HandOff.State.OPEN).select_related("giver", "receiver", "team")
    for hand_off in waiting.order_by("offered_at", "pk"):
        yield f"The hand-off from {hand_off}{of_track(hand_off)} lacks the signature of {missing_in_words(hand_off)}: {_remedy(hand_off)}."


def _remedy(hand_off: HandOff) -> str:
    waive = "somebody with the right to waive it does so with a reason"
    return f"{hand_off.giver} withdraws it, or {waive}" if hand_off.is_offer else f"{hand_off.giver} signs, or {waive}"
