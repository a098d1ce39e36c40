"""How far the files of a signed report are, and that one worker at a time makes them: what a page tells while nobody has asked for anything."""

from collections.abc import Callable
from datetime import datetime

from audit.evidence.runs import State, claim

from .models import FrozenFigures, PackRun

Clock = Callable[[], datetime]


def claimed(frozen: FrozenFigures, now: datetime) -> PackRun | None:
    """The work on `frozen`, if nobody is at it; a failed one begins anew. None while another worker makes it."""
    kind = PackRun.Kind.FINISHED
    run, _ = PackRun.objects.get_or_create(
        kind=kind, frozen=frozen, defaults={"quarter": frozen.quarter, "unit": frozen.unit, "requested_at": now, "cut_off": frozen.cut_off}
    )
    PackRun.objects.filter(state=State.FAILED, pk=run.pk).update(state=State.QUEUED, step="", finished_at=None)
    return claim(PackRun, run.pk, now)


def telling(run: PackRun, clock: Clock) -> Callable[[str], None]:
    """Writes down each step as it begins."""

    def tell(step: str) -> None:
        PackRun.objects.filter(pk=run.pk).update(step=step, looked_at=clock())

    return tell


def made(run: PackRun, now: datetime) -> None:
    """The files are there, whoever made them."""
    PackRun.objects.filter(pk=run.pk).update(state=State.DONE, step="", finished_at=now, failure="")


def making_of(frozen_id: int) -> PackRun | None:
    """How far it is; None before a worker looked."""
    return PackRun.objects.filter(kind=PackRun.Kind.FINISHED, frozen=frozen_id).first()
