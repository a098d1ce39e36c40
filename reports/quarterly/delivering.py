"""Handing on a finished pack: who may have it, by role or for its unit, hears that it is there. The message has a link and none of its content.

Looks at which packs are finished and of which nobody was told, so that a worker that was gone for some days catches up.
"""

from datetime import datetime, timedelta

from django.db.models import Q

from audit.duties.telling import holders_of
from portal.foundation.outbox.models import OutboxMessage
from portal.foundation.outbox.services import draft, queue_all
from portal.foundation.people.models import User
from reports.packs.models import FinishedPack, FrozenFigures
from reports.packs.readers import of_any_unit, readers_among

from .addresses import link_to
from .people_only import VIEW

FINISHED = "quarterly_review.pack_finished"
# After that nobody waits for it any more, and the outbox may have forgotten who was told.
NEWS_FOR = timedelta(days=7)


def tell_of_packs(*, now: datetime) -> int:
    """Queues a message about each pack that was finished lately to each of its readers, once; how many."""
    recent = FinishedPack.objects.filter(finished_at__gt=now - NEWS_FOR, frozen__review__isnull=False).select_related("frozen__unit")
    packs = {f"{pack._meta.label_lower}:{pack.pk}": pack for pack in recent.defer("document")}
    told = set(OutboxMessage.objects.filter(kind=FINISHED, subject_ref__in=packs).values_list("subject_ref", flat=True))
    messages = [_letter(about, pack, person) for about, pack in packs.items() if about not in told for person in readers_of(pack.frozen)]
    queue_all(messages, now=now)
    return len(messages)


def readers_of(frozen: FrozenFigures) -> list[User]:
    """Active people who read quarterly reviews by role, or were given a right for its unit or one above it, and who may have this pack."""
    by_role = Q(pk__in=holders_of(VIEW).order_by().values("pk"))
    return readers_among(by_role | of_any_unit() if frozen.unit_id else by_role, frozen)


def _letter(about: str, pack: FinishedPack, person: User) -> OutboxMessage:
    whose = pack.frozen.unit.name if pack.frozen.unit else "the whole organisation"
    return draft(
        kind=FINISHED,
        person=person,
        subject_ref=about,
        title=f"The pack is there: {pack.frozen.quarter}, {whose}",
        body="The review is signed and its pack is finished. Sign in to read it or to download its files; each download is recorded.",
        link=link_to(pack.frozen),
        idempotency_key=f"{FINISHED}:{pack.pk}:{person.pk}",
    )
