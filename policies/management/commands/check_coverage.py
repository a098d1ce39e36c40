"""Checks the duty ahead: `manage.py check_coverage`. Exit status: 0 nothing but notes, 1 problems, 2 the check failed."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from policies.models import CoverageFinding, CoverageRun
from policies.oncall.coverage.checking import carry_out
from policies.oncall.coverage.findings import NOTES
from policies.oncall.coverage.words import finding_in_words
from portal.foundation import clock, words
from portal.foundation.redaction import one_line

PROBLEMS, FAILED = 1, 2
SHOWN = 20


class Command(BaseCommand):
    help = "Looks for gaps, double bookings and unreachable people in the next 90 days of every schedule, and keeps what it found."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help=f"say every finding, not only the {SHOWN} worst")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        run = carry_out(CoverageRun.objects.create(requested_at=now).pk, now=now)
        if run is None or run.state != CoverageRun.State.DONE:
            self.stderr.write(one_line(f"The check failed. {run.failure if run else ''}"))
            sys.exit(FAILED)
        findings = CoverageFinding.objects.select_related("schedule", "other", "team", "service", "person")
        total = findings.count()
        self.stdout.write(f"{words.counted(run.processed, 'schedule')} looked at, {words.counted(total, 'finding')}.")
        for finding in findings if options["all"] else findings[:SHOWN]:
            # What people wrote reaches a terminal here: a name must not forge a line or move the cursor.
            self.stdout.write(one_line(finding_in_words(finding)))
        if findings.exclude(kind__in=[kind.value for kind in NOTES]).exists():
            sys.exit(PROBLEMS)
