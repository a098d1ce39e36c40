"""Checking the ledger because a person asked: in a worker, its result an event, what contradicts itself an alarm."""

import logging
from datetime import datetime
from typing import Any

from audit.events.services import act
from audit.sealing import alarms
from portal.foundation import words
from portal.foundation.access.checks import require
from portal.foundation.errors import WrongState

from .checking import Report, verify_ledger
from .findings import Verdict
from .models import LedgerCheck
from .runs import Clock, State, claim, enqueue, failed, telling, under_way

logger = logging.getLogger(__name__)
RIGHT = "audit.view_ledgerevent"
TASK = "audit.tasks.check_ledger"
ALARM = "check"
MOST_KEPT = 50


def request_check(*, actor: Any, now: datetime) -> LedgerCheck:
    """Asks a worker to check the whole ledger. Raises NotAllowed, and WrongState while a check is under way."""
    require(actor, RIGHT, to="have the ledger checked")
    with act("ledger.check_requested", actor=actor, now=now) as running:
        before = latest_check()
        if before is not None and under_way(before, now):
            raise WrongState("A check is under way. Wait for its result.")
        running.subject = run = LedgerCheck.objects.create(requested_by=actor, requested_at=now)
        enqueue(TASK, run)
    return run


def carry_out(run_id: int, *, clock: Clock) -> LedgerCheck | None:
    """Runs a check that waits, or whose worker is gone; None when there is nothing to do.

    A failure is written down in words and raised no further. What is found wrong is an alarm until a later check finds it right.
    """
    run = claim(LedgerCheck, run_id, clock())
    if run is None:
        return None
    try:
        report = verify_ledger(now=clock(), tell=telling(run, clock))
        _keep(run, report, clock())
    except Exception as error:
        logger.exception("The check %s of the ledger failed.", run_id)
        failed(run, error, clock())
    return run


def latest_check() -> LedgerCheck | None:
    """The check asked for last."""
    return LedgerCheck.objects.first()


def latest_result() -> LedgerCheck | None:
    """The last check that came to a verdict."""
    return LedgerCheck.objects.filter(state=State.DONE).select_related("requested_by").first()


def _keep(run: LedgerCheck, report: Report, now: datetime) -> None:
    """1. The event and the result, together. 2. The alarm, or its end."""
    with act("ledger.verified", actor=run.requested_by, now=now, subject=run) as running:
        running.details = {
            "verdict": report.verdict.word,
            "size": report.size,
            "checkpoints": report.checkpoints,
            "findings": len(report.findings),
            "kinds": sorted({finding.code for finding in report.findings}),
        }
        run.state, run.finished_at, run.processed, run.total = State.DONE, now, report.size, report.size
        run.verdict, run.size, run.checkpoints = report.verdict.word, report.size, report.checkpoints
        run.found = len(report.findings)
        run.findings = [{"code": one.code, "text": one.text, "index": one.index} for one in report.findings[:MOST_KEPT]]
        run.save()
    if report.verdict in (Verdict.TAMPERED, Verdict.UNKNOWN_KEY, Verdict.UNSIGNED):
        alarms.sound(ALARM, _in_words(report), now=now)
    else:
        # What is late, away or lost and owned up to has a voice of its own.
        alarms.silence(ALARM)


def _in_words(report: Report) -> str:
    worst = next(finding for finding in report.findings if finding.verdict is report.verdict)
    more = words.counted(len(report.findings), "finding")
    return f"The last check found the ledger {report.verdict.word} ({more}): {worst.text} Change nothing; see 'When it alarms' in docs/ledger.md."
