"""Reminding of missing signatures: whoever has to sign, and after a while their manager too."""

from datetime import datetime, timedelta

from django.db.models import F

from audit.events.services import act

from . import telling
from .frame import NEXT_REMINDER
from .models import HandOff
from .people import signers

# Ten minutes, then an hour: whoever has not signed at the third time is perhaps not there to sign.
MANAGER_FROM = 3
# After a day of hourly ones, daily.
HOURLY, DAILY = 24, timedelta(days=1)
MOST_A_PASS = 100


def remind_signers(*, now: datetime) -> int:
    """Reminds of every signature that is due; how many hand-offs. A second call finds nothing to do."""
    due = HandOff.objects.filter(state=HandOff.State.OPEN, remind_at__lte=now).order_by("remind_at", "pk")
    return sum(_remind(key, now) for key in list(due.values_list("pk", flat=True)[:MOST_A_PASS]))


def _remind(key: int, now: datetime) -> bool:
    with act("handoff.reminded", actor=None, now=now) as running:
        rows = HandOff.objects.select_for_update(skip_locked=True, of=("self",)).filter(
            pk=key, state=HandOff.State.OPEN, remind_at__lte=now
        )
        hand_off = rows.select_related("incident__service", "giver__manager", "receiver__manager", "team").first()
        if hand_off is None:
            running.nothing_happened()
            return False
        count = hand_off.reminded + 1
        rest = NEXT_REMINDER if count < HOURLY else DAILY
        HandOff.objects.filter(pk=key).update(reminded=F("reminded") + 1, remind_at=now + rest)
        running.subject = hand_off
        running.details = {"reminder": count, "told": _tell(hand_off, count, now)}
    return True


def _tell(hand_off: HandOff, count: int, now: datetime) -> list[str]:
    people, occasion = signers(hand_off, now), f"-{hand_off.received_at is not None:d}-{count}"
    missing, keeps = telling.missing_in_words(hand_off), f"{hand_off.giver} has it until it is accepted. " if hand_off.is_offer else ""
    body = f"The signature of {missing} is missing. {keeps}The incident cannot be closed without it.\n{hand_off.note}"
    told = telling.message(hand_off, people, kind="reminder", title="A hand-off waits for you", body=body, now=now, occasion=occasion)
    if count >= MANAGER_FROM:
        managers = [person.manager for person in people if person.manager is not None and person.manager not in people]
        title = f"{missing} has not signed a hand-off"
        told += telling.message(hand_off, managers, kind="overdue", title=title, body=body, now=now, occasion=occasion)
    return told
