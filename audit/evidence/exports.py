"""Exports as people ask for them: written by a worker, kept for a week in a folder of their own, handed out with their digest."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import file_digest
from pathlib import Path
from typing import Any

from django.conf import settings

from audit.events.services import act
from portal.foundation.access.checks import require
from portal.foundation.errors import InvalidInput, NotFound, WrongState
from portal.foundation.words import visible

from .bundles import export_evidence
from .models import EvidenceExport
from .runs import Clock, State, claim, enqueue, failed, telling, under_way
from .selection import Selection

logger = logging.getLogger(__name__)
RIGHT = "audit.export_ledgerevent"
TASK = "audit.tasks.write_evidence"
KEPT = timedelta(days=7)


def request_export(selection: Selection, *, actor: Any, now: datetime, reason: str) -> EvidenceExport:
    """Asks a worker to write a bundle. Raises NotAllowed, InvalidInput without a reason or for a time that ends before it begins,
    WrongState while another export of the same person is under way.
    """
    require(actor, RIGHT, to="export evidence")
    if not visible(reason):
        raise InvalidInput("Say why evidence is taken out.", {"reason": ["Say what it is for; the words stay in the audit trail."]})
    if selection.since and selection.until and selection.until <= selection.since:
        raise InvalidInput("The time ends before it begins.", {"until": ["Choose a time after the first one."]})
    with act("evidence.requested", actor=actor, now=now, why=visible(reason)) as running:
        before = EvidenceExport.objects.filter(requested_by=actor).first()
        if before is not None and under_way(before, now):
            raise WrongState("An export of yours is under way. Wait until it is written.")
        run = EvidenceExport.objects.create(
            requested_by=actor,
            requested_at=now,
            reason=visible(reason),
            since=selection.since,
            until=selection.until,
            object_model=selection.model,
            object_pk=selection.pk,
        )
        running.subject, running.details = run, {"selection": selection.as_recorded()}
        enqueue(TASK, run)
    return run


def carry_out(run_id: int, *, clock: Clock, wait: Callable[[float], object] = time.sleep) -> EvidenceExport | None:
    """Writes the bundle of an export that waits, or whose worker is gone; None when there is nothing to do.

    A failure is written down in words and raised no further; no half of a file is left. `wait` is called until the request is sealed.
    """
    now = clock()
    run = claim(EvidenceExport, run_id, now)
    if run is None:
        return None
    try:
        _write(run, now, clock, wait)
    except OSError as error:
        logger.exception("The export %s cannot be written.", run_id)
        words = f"The bundle cannot be written to {settings.EVIDENCE_FOLDER}: {error.strerror or error}. Ask whoever runs the portal."
        failed(run, WrongState(words), clock())
    except Exception as error:
        logger.exception("The export %s failed.", run_id)
        failed(run, error, clock())
    return run


def _write(run: EvidenceExport, now: datetime, clock: Clock, wait: Callable[[float], object]) -> None:
    path = folder() / f"evidence-{now:%Y-%m-%d}-{run.pk}.zip"
    tell = telling(run, clock)
    made = export_evidence(path, selection_of(run), actor=run.requested_by, now=now, reason=run.reason, tell=tell, wait=wait)
    path.chmod(0o600)
    run.bundle, run.file, run.size, run.entries = made.id, path.name, made.size, made.entries
    run.length, run.sha256 = path.stat().st_size, _digest(path)
    run.processed, run.total = made.entries, made.entries
    run.state, run.finished_at = State.DONE, clock()
    run.save()


def hand_out(run: EvidenceExport, *, actor: Any, now: datetime) -> Path:
    """The file of `run`, which is as it was written; that it was handed out is an event. Raises NotAllowed, WrongState, NotFound."""
    require(actor, RIGHT, to="take evidence out")
    if run.state != State.DONE:
        raise WrongState("The bundle is not written yet.")
    path = Path(settings.EVIDENCE_FOLDER) / run.file
    if run.removed_at or not path.is_file():
        raise NotFound(f"The file is kept for {KEPT.days} days and is gone. Export it again.")
    if _digest(path) != run.sha256:
        raise WrongState("The file is not what was written: somebody or something changed it. It is not handed out; export it again.")
    with act("evidence.downloaded", actor=actor, now=now, subject=run, why=run.reason) as running:
        running.details = {"bundle": run.bundle, "file": run.file, "bytes": run.length, "sha256": run.sha256}
    return path


def remove_old(*, now: datetime) -> int:
    """Deletes the files of exports that are a week old, and what broken-off ones left; the number of exports whose file went."""
    rows = EvidenceExport.objects.filter(state=State.DONE, removed_at=None, finished_at__lte=now - KEPT)
    for run in rows:
        (folder() / run.file).unlink(missing_ok=True)
    # Nothing else that may lie there is touched.
    for path in [*folder().glob("evidence-*.zip"), *folder().glob(".evidence-*.zip.*")]:
        if path.stat().st_mtime < (now - KEPT).timestamp():
            path.unlink(missing_ok=True)
    return rows.update(removed_at=now)


def selection_of(run: EvidenceExport) -> Selection:
    return Selection(run.since, run.until, run.object_model, run.object_pk)


def folder() -> Path:
    """EVIDENCE_FOLDER, made with mode 0700 on first use."""
    path = Path(settings.EVIDENCE_FOLDER)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
