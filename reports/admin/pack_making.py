"""How far the pack of a signed review is, as its own page and that of the review tell it while a worker makes it."""

from datetime import datetime, timedelta
from typing import Any

from audit.evidence.runs import under_way
from portal.foundation.access.checks import may
from reports.models import FinishedPack, PackRun, QuarterlyReview
from reports.packs.downloads import SEE
from reports.packs.making import making_of

# The largest pack takes a minute, and a worker may be busy; after that something is wrong.
MADE_WITHIN = timedelta(minutes=20)


def making_shown(frozen_id: int, signed_at: datetime | None, now: datetime) -> dict[str, Any]:
    """What the worker is at, or why the pack was not made. `signed_at` is None where nothing is to be made. One query at most."""
    run = making_of(frozen_id) if signed_at is not None else None
    live = under_way(run, now) if run is not None else signed_at is not None and now - signed_at < MADE_WITHIN
    return {"making": run, "being_made": live, "not_made": run.failure if run is not None and run.state == PackRun.State.FAILED else ""}


def making_of_review(review: QuarterlyReview, reader: Any, now: datetime) -> dict[str, Any]:
    """The same for the page of a signed review, for whoever may see its pack, and when it was finished. Two queries at most, none before."""
    if review.frozen_id is None or not review.is_signed or not may(reader, SEE, review.unit):
        return {}
    finished = FinishedPack.objects.filter(frozen=review.frozen_id).values_list("finished_at", flat=True).first()
    waits = making_shown(review.frozen_id, review.signed_at if finished is None else None, now)
    return {"has_pack": True, "pack_finished_at": finished, "signed_at": review.signed_at, **waits}
