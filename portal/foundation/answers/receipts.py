"""What the telephone service reports about a text or a call: its words, how far each of them is, and what it says about arriving."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from portal.foundation.outbox.receipts import Effect, Noted, note_receipt

from .models import Callback
from .services import digest_of


@dataclass(frozen=True, slots=True)
class Report:
    """One status. `rank`: reports arrive in any order, and none that is less far than the last counts. `words` tell people why it failed."""

    rank: int
    good: bool = False
    bad: bool = False
    words: str = ""


# A text is there or is not; a receipt that it is there outweighs one that it is not, which some networks send as well.
TEXTS = {
    "accepted": Report(1),
    "scheduled": Report(1),
    "queued": Report(2),
    "sending": Report(3),
    "sent": Report(4),
    "canceled": Report(5, bad=True, words="the service cancelled the text"),
    "failed": Report(5, bad=True, words="the service could not send the text"),
    "undelivered": Report(6, bad=True, words="the network did not deliver the text"),
    "delivered": Report(7, good=True),
    "read": Report(8, good=True),
}
# A call that somebody or something picked up has arrived; that a person heard it shows only by a key that is pressed.
CALLS = {
    "queued": Report(1),
    "initiated": Report(2),
    "ringing": Report(3),
    "canceled": Report(4, bad=True, words="the call was cancelled"),
    "failed": Report(4, bad=True, words="the call could not be put through"),
    "busy": Report(4, bad=True, words="the line was busy"),
    "no-answer": Report(4, bad=True, words="nobody picked up"),
    "in-progress": Report(5, good=True),
    "completed": Report(6, good=True),
}
NOT_KNOWN = "This status is not known to the portal; nothing follows from it."


def take_report(ref: str, status: str, *, error: str = "", now: datetime) -> str:
    """Takes the report that the text or call that the service calls `ref` has `status`; returns what came of it, in words.

    Repeats, reports in the wrong order, words that are not known and references that are nobody's do no harm. One that overtakes the
    record of its own message is kept, and counts once that is written: see `catch_up`.
    """
    report = _table(ref).get(status)
    if report is None:
        _keep(ref, status, NOT_KNOWN, None, now)
        return NOT_KNOWN
    noted = _note(ref, status, report, error, now)
    _keep(ref, status, noted.effect.value, noted, now)
    if noted.effect is Effect.UNKNOWN:
        # Written meanwhile? Whoever writes it looks here after that, so one of the two sees the other.
        noted = _note(ref, status, report, error, now)
        _keep(ref, status, noted.effect.value, noted, now)
    return noted.effect.value


def catch_up(refs: Collection[str], now: datetime) -> None:
    """Counts reports that were faster than the record that their messages, called `refs`, were handed over. One query when there are none."""
    known = {digest_of("telephone", "status", ref, status): (ref, status) for ref in refs for status in _table(ref)}
    early = Callback.objects.filter(digest__in=known, message__isnull=True).values_list("digest", flat=True)
    waiting = [known[digest] for digest in early]
    for ref, status in sorted(waiting, key=lambda one: _table(one[0])[one[1]].rank):
        noted = _note(ref, status, _table(ref)[status], "", now)
        _keep(ref, status, noted.effect.value, noted, now)


def _table(ref: str) -> dict[str, Report]:
    """The service's names of calls begin with CA, those of texts with SM or MM."""
    return CALLS if ref.startswith("CA") else TEXTS


def _note(ref: str, status: str, report: Report, error: str, now: datetime) -> Noted:
    detail = f"{report.words} ({error})" if report.words and error else report.words
    return note_receipt(ref, status, report.rank, good=report.good, bad=report.bad, now=now, detail=detail)


@transaction.atomic
def _keep(ref: str, status: str, outcome: str, noted: Noted | None, now: datetime) -> None:
    """One row a status of a message. A repeat changes it only once its message is known."""
    message = noted.message if noted else None
    kept = {
        "source": Callback.Source.TELEPHONE,
        "kind": "status",
        "received_at": now,
        "told": status[:60],
        "message": message,
        "outcome": outcome,
    }
    callback, new = Callback.objects.get_or_create(digest=digest_of("telephone", "status", ref, status), defaults=kept)
    if not new and callback.message_id is None and message is not None:
        callback.message, callback.outcome = message, outcome
        callback.save(update_fields=["message", "outcome"])
