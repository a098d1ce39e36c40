"""The signed review as a pack: its frozen figures with what was found, decided and signed, in every format, kept for good."""

from datetime import datetime

from django.db import IntegrityError, transaction

from audit.evidence.runs import failed
from portal.foundation.each_alone import each_alone
from portal.foundation.errors import WrongState
from reports.packs import making
from reports.packs.making import Clock
from reports.packs.models import FinishedPack

from .chapter import chapter_of_review
from .models import QuarterlyReview
from .states import ReviewState

TASK = "reports.tasks.finish_signed_packs"
# The largest quarter takes a minute.
LONGEST_SECONDS = 900


def make_soon() -> None:
    """Has a worker make what is signed, once the signature is there; the job of every few minutes finds what was missed."""
    from django_q.tasks import async_task

    transaction.on_commit(lambda: async_task(TASK, save=False, timeout=LONGEST_SECONDS))


def finish_signed(*, now: datetime, clock: Clock | None = None) -> int:
    """Makes the pack of every signed review that has none yet, telling how far each is, and tells its readers; how many.

    A second call finds nothing to do. One that fails stops no other, says why on its page, and is tried again; Unfinished is raised for it
    once everything else is done.
    """
    # Here: what writes PDF and workbooks takes memory that no page of a review needs.
    from reports.packs.finishing import finish

    # Here: signing, which asks for a pack, stands below what tells of it.
    from .delivering import tell_of_packs

    tick = clock or (lambda: now)
    waiting = QuarterlyReview.objects.filter(state=ReviewState.SIGNED, frozen__isnull=False, frozen__finished=None)
    count = 0
    with each_alone("Finished packs") as alone:
        for review in waiting.select_related("frozen__unit", "restates", "unit").order_by("signed_at", "pk"):
            begun, frozen = tick(), review.frozen
            if frozen is None or (run := making.claimed(frozen, begun)) is None:
                continue
            with alone(f"the pack of review {review.pk}"):
                try:
                    finish(frozen, chapters=(chapter_of_review(review),), actor=None, now=begun, tell=making.telling(run, tick))
                    count += 1
                except (WrongState, IntegrityError):
                    # Another worker was faster.
                    pass
                except Exception as error:
                    failed(run, error, tick())
                    raise
                making.made(run, tick())
        with alone("telling"):
            tell_of_packs(now=tick())
    return count


def pack_of(review: QuarterlyReview) -> FinishedPack | None:
    """The pack that was made of it, with its files; None before that."""
    if review.frozen_id is None:
        return None
    return FinishedPack.objects.filter(frozen=review.frozen_id).defer("document").prefetch_related("files").first()
