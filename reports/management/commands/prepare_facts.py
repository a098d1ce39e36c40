"""Brings the dashboards' facts up to date: `manage.py prepare_facts [--all]`."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.foundation import clock, words
from reports.dashboards import preparing


class Command(BaseCommand):
    help = "Brings the dashboards' facts up to date. Exit status 0 when nothing is left to do, else 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="read every day anew, whatever is known to have changed")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"]:
            preparing.read_again()
        done = preparing.bring_up_to_date(now=clock.now(), clock=clock.now, tell=self._tell)
        if done is None:
            raise CommandError(
                "The facts are being prepared by another process. Try again when it has ended, or in ten minutes if it died."
            )
        read, worked = words.counted(done.days, "day"), words.counted(done.quarters, "quarter")
        self.stdout.write(f"Read {read} anew and worked out {worked}.")
        if done.left:
            raise CommandError(f"{words.counted(done.left, 'day')} changed meanwhile. Run it again.")

    def _tell(self, step: str) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"{step} …", style_func=str)  # progress, not an error: without the red
