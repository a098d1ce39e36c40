"""Imports a ServiceNow incident log; see docs/import-servicenow.md."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from incidents.imports.report import as_text
from incidents.imports.servicenow_log.source import SERVICENOW_LOG
from incidents.imports.services import Outcome, import_log, silent
from portal.foundation import clock
from portal.foundation.at_the_prompt import operator
from portal.foundation.errors import NotFound, PortalError
from portal.foundation.people.models import User
from portal.foundation.redaction import one_line
from portal.foundation.request_context import origin

NOTHING_DONE, ROWS_REJECTED = 1, 2


class Command(BaseCommand):
    help = (
        "Imports a ServiceNow incident log (CSV, plain or gzip) and prints a reconciliation report. "
        "Exit status: 0 done, 2 done but rows were rejected (see FILE.rejected.csv), 1 nothing could be done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="The log. It is only read; rejected rows go to FILE.rejected.csv beside it.")
        parser.add_argument("--dry-run", action="store_true", help="Write nothing; print the same report.")
        parser.add_argument("--json", action="store_true", help="Print the report as JSON.")
        parser.add_argument("--as", dest="username", default="", help="Import in this person's name. Default: the operator at the server.")

    def handle(self, *args: Any, **options: Any) -> None:
        bar = _Bar()
        try:
            with origin("command"):
                outcome = import_log(
                    Path(options["file"]),
                    SERVICENOW_LOG,
                    actor=person_called(options["username"]),
                    operator=operator(),
                    now=clock.now(),
                    dry_run=options["dry_run"],
                    progress=bar.show if sys.stderr.isatty() else silent,
                )
        except PortalError as error:
            self._give_up(bar, error.message)
        except KeyboardInterrupt:
            self._give_up(bar, "Stopped.")
        bar.end()
        self.stdout.write(json.dumps(outcome.report, indent=2, ensure_ascii=False) if options["json"] else as_text(outcome.report))
        self._say(outcome, dry_run=options["dry_run"])
        if outcome.rejections:
            sys.exit(ROWS_REJECTED)

    def _give_up(self, bar: "_Bar", message: str) -> None:
        bar.end()
        self.stderr.write(f"{one_line(message)} Nothing was imported.")
        sys.exit(NOTHING_DONE)

    def _say(self, outcome: Outcome, *, dry_run: bool) -> None:
        if dry_run:
            self.stderr.write("Dry run: nothing was written.")
        elif not outcome.wrote:
            self.stderr.write("Nothing new: nothing was imported.")
        if outcome.rejected_file:
            self.stderr.write(f"Rejected rows are in {one_line(str(outcome.rejected_file))}.")
        if outcome.rejected_unwritten:
            reasons = "\n".join(f"line {line}: {reason}" for line, reason in outcome.rejections)
            self.stderr.write(f"{one_line(outcome.rejected_unwritten)} The rejected rows are:\n{reasons}")


def person_called(username: str) -> User | None:
    if not username:
        return None
    person = User.objects.filter(username=username).first()
    if person is None:
        raise NotFound(f"There is no person with the user name '{username}'.")
    return person


class _Bar:
    """A progress bar on standard error, one line that is drawn over."""

    WIDTH = 30

    def __init__(self) -> None:
        self._drawn = ""

    def show(self, stage: str, done: int, total: int) -> None:
        share = min(done / total, 1) if total else 1
        filled = int(share * self.WIDTH)
        line = f"{stage:<10} [{'#' * filled}{'.' * (self.WIDTH - filled)}] {share:4.0%}"
        if line != self._drawn:
            self._drawn = line
            sys.stderr.write(f"\r{line}")
            sys.stderr.flush()

    def end(self) -> None:
        if self._drawn:
            sys.stderr.write("\n")
            self._drawn = ""
