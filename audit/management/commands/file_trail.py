"""Files the audit trail for its reading pages in bulk; see docs/rules/reading-the-trail.md."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from audit.reading.filing import begin_anew, file_all


class Command(BaseCommand):
    help = (
        "Files what is sealed, so that the log finds it: after an upgrade of a long ledger, sooner than the sealer does beside its work. "
        "May run beside the sealer and be broken off; it goes on where it was."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anew", action="store_true", help="Empty the index first, and file the whole ledger again.")

    def handle(self, *args: Any, anew: bool, **options: Any) -> None:
        self.begun = time.monotonic()
        if anew:
            begin_anew()
        self.stdout.write(f"{file_all(told=self._progress):,} events filed.")

    def _progress(self, done: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done:,} filed, {done / max(time.monotonic() - self.begun, 0.001):,.0f} a second ", ending="")
