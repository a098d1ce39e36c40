"""Packs as people ask for them: made by a worker while a page tells how far it is, kept for a week, handed out with their digest."""

import logging
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import file_digest
from pathlib import Path
from typing import Any

from audit.events.services import act
from audit.evidence.exports import folder
from audit.evidence.runs import Clock, State, claim, enqueue, failed, under_way
from policies.models import BusinessUnit
from portal.foundation.access.checks import may, require
from portal.foundation.errors import InvalidInput, NotFound, WrongState
from portal.foundation.words import visible

from .downloads import SEE
from .making import telling
from .models import FrozenFigures, PackRun
from .packing import chosen_formats, media_type_of, one_file_of
from .quarters import Quarter

logger = logging.getLogger(__name__)
BUILD, TAKE_EVIDENCE = "reports.build_quarterlypack", "audit.export_ledgerevent"
TASK = "reports.tasks.make_pack"
KEPT = timedelta(days=7)


def request_pack(
    quarter: Quarter,
    *,
    unit: BusinessUnit | None = None,
    frozen: FrozenFigures | None = None,
    formats: Sequence[str] = (),
    actor: Any,
    now: datetime,
    schedule: int | None = None,
) -> PackRun:
    """Asks a worker for the pack of `quarter`, of `unit` or of figures that are `frozen`. `schedule` is the key of the one of `actor` that asks.

    Raises NotAllowed, InvalidInput for an unknown format, WrongState while another one that the same person asked for is under way.
    """
    require(actor, BUILD, to="build a quarterly pack")
    chosen = list(chosen_formats(formats))
    return _request(PackRun.Kind.PACK, actor, now, schedule, quarter=str(quarter), unit=unit, frozen=frozen, formats=chosen)


def request_evidence(frozen: FrozenFigures, *, actor: Any, now: datetime, reason: str) -> PackRun:
    """Asks a worker for the finished pack of `frozen` with its evidence. Raises NotAllowed, InvalidInput without a reason, WrongState when
    it is not finished, or while another one of the same person is under way.
    """
    require(actor, TAKE_EVIDENCE, to="take evidence out")
    if not visible(reason):
        raise InvalidInput("Say why evidence is taken out.", {"reason": ["Say what it is for; the words stay in the audit trail."]})
    if not hasattr(frozen, "finished"):
        raise WrongState("The pack of these figures is not finished: its review is not signed yet.")
    return _request(PackRun.Kind.EVIDENCE, actor, now, quarter=frozen.quarter, unit=frozen.unit, frozen=frozen, reason=visible(reason))


def _request(kind: PackRun.Kind, actor: Any, now: datetime, schedule: int | None = None, **of: Any) -> PackRun:
    with act("reports.pack_requested", actor=actor, now=now, why=of.get("reason", "")) as running:
        # A person waits for one at a time; schedules come as they are due, and wait for nobody.
        before = PackRun.objects.filter(requested_by=actor, by_itself=False).first() if schedule is None else None
        if before is not None and under_way(before, now):
            raise WrongState("A pack that you asked for is under way. Wait until it is made.")
        running.subject = run = PackRun.objects.create(
            kind=kind, requested_by=actor, requested_at=now, by_itself=schedule is not None, **of
        )
        running.details = {"kind": kind.value, "quarter": run.quarter, "unit": run.unit.name if run.unit else "", "formats": run.formats}
        if schedule is not None:
            running.details["schedule"] = schedule
        enqueue(TASK, run)
    return run


def carry_out(run_id: int, *, clock: Clock, wait: Callable[[float], object] = time.sleep) -> PackRun | None:
    """Makes what a run that waits, or whose worker is gone, asks for; None when there is nothing to do.

    A failure is written down in words and raised no further; no half of a file is left.
    """
    run = claim(PackRun, run_id, clock())
    if run is None:
        return None
    try:
        _make(run, clock, wait)
    except Exception as error:
        logger.exception("The pack %s failed.", run_id)
        failed(run, error, clock())
    return run


def _make(run: PackRun, clock: Clock, wait: Callable[[float], object]) -> None:
    tell = telling(run, clock)
    with tempfile.TemporaryDirectory(dir=folder(), prefix=".pack-") as workshop:
        made = (
            _evidence(run, Path(workshop), clock, wait, tell)
            if run.kind == PackRun.Kind.EVIDENCE
            else _pack(run, Path(workshop), clock, tell)
        )
        with made.open("rb") as file:
            run.file, run.length, run.sha256 = made.name, made.stat().st_size, file_digest(file, "sha256").hexdigest()
        made.chmod(0o600)
        made.replace(_place(run))
    run.state, run.step, run.finished_at = State.DONE, "", clock()
    run.save()


def _pack(run: PackRun, workshop: Path, clock: Clock, tell: Callable[[str], None]) -> Path:
    # Here: what it counts with takes 20 MB, which only a worker should hold.
    from .services import build_pack

    quarter, now = Quarter.parse(run.quarter), clock()
    run.cut_off = run.frozen.cut_off if run.frozen else now
    built = build_pack(
        quarter, out=workshop, unit=run.unit, frozen=run.frozen, formats=run.formats, actor=run.requested_by, now=now, tell=tell
    )
    return one_file_of([file.path for file in built.files], workshop)


def _evidence(run: PackRun, workshop: Path, clock: Clock, wait: Callable[[float], object], tell: Callable[[str], None]) -> Path:
    from .evidence import export_pack

    tell("Collecting the files and the entries of the audit trail")
    finished = run.frozen.finished  # type: ignore[union-attr]
    return export_pack(finished, workshop, actor=run.requested_by, now=clock(), reason=run.reason, wait=wait)


def hand_out(run: PackRun, *, actor: Any, now: datetime) -> Path:
    """The file of `run`, which is as it was made; that it was handed out is an event. Raises NotAllowed, WrongState, NotFound."""
    if not may_have(run, actor):
        require(actor, TAKE_EVIDENCE if run.kind == PackRun.Kind.EVIDENCE else BUILD, to="download this pack")
    if run.state != State.DONE:
        raise WrongState("The pack is not made yet.")
    path = _place(run)
    if run.removed_at or not path.is_file():
        raise NotFound(f"The file is kept for {KEPT.days} days and is gone. Build it again.")
    with path.open("rb") as file:
        if file_digest(file, "sha256").hexdigest() != run.sha256:
            raise WrongState("The file is not what was made: somebody or something changed it. It is not handed out; build it again.")
    with act("reports.pack_downloaded", actor=actor, now=now, subject=run) as running:
        running.details = {"quarter": run.quarter, "file": run.file, "bytes": run.length, "sha256": run.sha256}
    return path


def may_have(run: PackRun, actor: Any) -> bool:
    """Whether `actor` may see it and have its file: who may build packs has what was asked for, and who may see packs, at the unit or everywhere,
    what a schedule made.
    """
    if run.kind == PackRun.Kind.EVIDENCE:
        return may(actor, TAKE_EVIDENCE)
    return may(actor, BUILD) or (run.by_itself and may(actor, SEE, run.unit))


def media_type(run: PackRun) -> str:
    return media_type_of(run.file)


def remove_old(*, now: datetime) -> int:
    """Deletes files that are a week old; how many."""
    rows = PackRun.objects.filter(state=State.DONE, removed_at=None, finished_at__lte=now - KEPT).exclude(kind=PackRun.Kind.FINISHED)
    for run in rows:
        _place(run).unlink(missing_ok=True)
    return rows.update(removed_at=now)


def _place(run: PackRun) -> Path:
    return folder() / f"pack-{run.pk}.made"
