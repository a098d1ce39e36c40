"""Importing a log: read, compare, report and, unless it is a dry run, write it all in one act."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import IntegrityError

from audit.events.services import act
from portal.foundation.access.checks import require
from portal.foundation.errors import Conflict
from portal.foundation.redaction import one_line

from .applying import apply_plan
from .drafts import Source
from .intake import Intake, Progress, take_in
from .models import ImportRun
from .planning import Plan, make_plan
from .reading import open_log
from .rejected import rejected_path, write_rejected
from .report import report_of
from .tracking import Stamp


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did. `rejected_file` is where the rejected rows are now; `rejected_unwritten` says why they are nowhere."""

    report: dict[str, Any]
    wrote: bool
    rejected_file: Path | None = None
    rejected_unwritten: str = ""
    rejections: tuple[tuple[int, str], ...] = ()


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


def import_log(
    path: Path, source: Source, *, actor: Any, operator: str, now: datetime, dry_run: bool = False, progress: Progress = silent
) -> Outcome:
    """Imports the log at `path`, or with `dry_run` only says what importing it would do.

    `operator` is the person's name when `actor` is None: somebody at the server without an account here. Everything is written in one
    transaction, which begins only when the file is read and compared; a file that brings nothing new leaves no trace.
    Raises InvalidInput (the file), NotAllowed (the person) and Conflict (somebody imported or changed the same meanwhile).
    """
    require(actor, "incidents.run_import", to="import another system's log")
    with open_log(path) as log:
        intake = take_in(log, source, progress)
    plan = make_plan(intake, source, progress)
    report = report_of(plan)
    rejections = tuple((row.line, one_line(row.reason)) for row in plan.rejected)
    if dry_run:
        return Outcome(report, wrote=False, rejections=rejections)
    if plan.brings_something:
        _write(plan, report, actor=actor, operator=operator, now=now, progress=progress)
    return _with_rejected_file(path, intake, plan, Outcome(report, plan.brings_something, rejections=rejections))


def _write(plan: Plan, report: dict[str, Any], *, actor: Any, operator: str, now: datetime, progress: Progress) -> None:
    person = str(actor) if actor is not None else operator
    file_name = report["file"]["name"]
    stamp = Stamp(actor, now, f"Imported from {file_name} ({plan.source.name})")
    try:
        with act("incidents.imported", actor=actor, now=now) as running:
            running.subject = run = ImportRun.objects.create(
                sequence=plan.sequence,
                source=plan.source.key,
                file_name=file_name[:255],
                file_sha256=plan.intake.sha256,
                started_at=now,
                person=actor,
                person_name=person[:150],
                report=report,
            )
            apply_plan(plan, run, stamp, progress)
            running.details |= _for_the_ledger(report, person)
    except IntegrityError as error:
        raise Conflict(
            "Another import finished, or somebody changed the same records, while this one was being prepared. "
            "Nothing was imported; start it again."
        ) from error


def _for_the_ledger(report: dict[str, Any], person: str) -> dict[str, Any]:
    """The counts without the lists, which stay with the import run."""
    lists = ("values_not_understood", "rows_out_of_order", "contradictions", "rejected_rows", "duplicate_rows")
    return {
        "person": person,
        **{name: report[name] for name in ("source", "file", "rows", "incidents", "added")},
        "warnings": {name: report[name]["count"] for name in lists},
    }


def _with_rejected_file(path: Path, intake: Intake, plan: Plan, outcome: Outcome) -> Outcome:
    try:
        written, problem = write_rejected(path, intake.header, plan.rejected), ""
    except OSError as error:
        written, problem = None, f"{rejected_path(path)} cannot be written: {error.strerror or error}."
    return Outcome(outcome.report, outcome.wrote, written, problem, outcome.rejections)
