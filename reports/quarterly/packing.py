"""The signed review as a pack: its frozen figures with what was found, decided and signed, in every format, kept for good."""

from datetime import datetime

from portal.foundation.errors import WrongState
from reports.packs.models import FinishedPack

from .chapter import chapter_of_review
from .models import QuarterlyReview
from .states import ReviewState


def finish_signed(*, now: datetime) -> int:
    """Makes the pack of every signed review that has none yet; how many. A second call finds nothing to do."""
    # Here: what writes PDF and workbooks takes memory that no page of a review needs.
    from reports.packs.finishing import finish

    waiting = QuarterlyReview.objects.filter(state=ReviewState.SIGNED, frozen__isnull=False, frozen__finished=None)
    made = 0
    for review in waiting.select_related("frozen", "restates", "unit").order_by("signed_at", "pk"):
        try:
            finish(review.frozen, chapters=(chapter_of_review(review),), actor=None, now=now)  # type: ignore[arg-type]
        except WrongState:
            # Another worker was faster.
            continue
        made += 1
    return made


def pack_of(review: QuarterlyReview) -> FinishedPack | None:
    """The pack that was made of it, with its files; None before that."""
    if review.frozen_id is None:
        return None
    return FinishedPack.objects.filter(frozen=review.frozen_id).defer("document").prefetch_related("files").first()
