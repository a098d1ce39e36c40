"""Writing down how calls went: the attempts, what becomes of the messages, and their subjects hear of it, in one transaction."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max

from portal.foundation.channels.rules import Uses
from portal.foundation.many_rows import insert_all
from portal.foundation.signs.tally import count

from .calling import Result
from .handlers import Fared, referred, tell
from .models import DeliveryAttempt, OutboxMessage
from .settling import State, handed_over, not_handed_over, store

logger = logging.getLogger(__name__)


def record(results: Sequence[Result], now: datetime) -> None:
    """Writes all of `results` at once; should another process have written the same attempt meanwhile, each by itself."""
    try:
        _record(results, now)
    except IntegrityError:
        if len(results) == 1:
            _record(results, now)
            return
        for result in results:
            record([result], now)
        return
    _refer({result.outcome.ref for result in results if result.outcome.receipts}, now)


def _refer(refs: set[str], now: datetime) -> None:
    """What is recorded stays recorded, whatever fails here: a receipt that gets lost is a receipt that does not come."""
    for _, hear in referred if refs else ():
        try:
            hear(refs, now)
        except Exception:
            logger.exception("Receipts that were faster than the record could not be taken.")


@transaction.atomic
def _record(results: Sequence[Result], now: datetime) -> None:
    keys = [message.pk for result in results for message in result.parcel.messages]
    locked = OutboxMessage.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    messages = {message.pk: message for message in locked}
    numbers: dict[UUID, int] = dict(
        DeliveryAttempt.objects.filter(message__in=keys).values_list("message").annotate(Max("number")).order_by()
    )
    attempts, news, uses = [], [], Uses()
    for result in results:
        if not result.parcel.fault:
            count(result.parcel.lane, succeeded=result.outcome.succeeded)
        for ours in result.parcel.messages:
            attempt = _attempt(result, ours, numbers.get(ours.pk, 0) + 1)
            attempts.append(attempt)
            fared = _follows(result, ours, messages[ours.pk], attempt, uses, now)
            news += [fared] if fared else []
    insert_all(attempts)
    store(fared.message for fared in news)
    tell(news, now)


def _attempt(result: Result, message: OutboxMessage, number: int) -> DeliveryAttempt:
    contact, outcome = result.parcel.contact, result.outcome
    return DeliveryAttempt(
        message_id=message.pk,
        number=number,
        channel=contact.channel,
        contact_label=contact.label,
        started_at=result.started_at,
        finished_at=result.finished_at,
        succeeded=outcome.succeeded,
        detail=outcome.detail[:500],
        provider_ref=outcome.ref[:120],
    )


def _follows(
    result: Result, ours: OutboxMessage, message: OutboxMessage, attempt: DeliveryAttempt, uses: Uses, now: datetime
) -> Fared | None:
    """What becomes of `message`, as it stands now; `ours` is how it stood when it was taken."""
    outcome, channel = result.outcome, result.parcel.contact.channel
    still_ours = message.state == State.SENDING and (message.tries, message.contact_position) == (ours.tries, ours.contact_position)
    if outcome.succeeded:
        waits = outcome.receipts and still_ours
        return handed_over(message, attempt, now, receipt_by=now + uses[channel].receipt_within if waits else None)
    if not still_ours:
        # Cancelled meanwhile, or taken by another process after our lease: that one decides what follows.
        return None
    another_way = ours.pk in result.parcel.another_way
    return not_handed_over(message, attempt, now, another_way=another_way, permanent=outcome.permanent, asked=outcome.retry_after)
