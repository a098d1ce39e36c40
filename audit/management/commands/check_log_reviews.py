"""Checks that signed log reviews are still what was signed; see docs/rules/log-review.md."""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.models import ReviewPeriod, ReviewSignOff
from audit.reviews.closing import check_period
from audit.reviews.states import PeriodState


class Command(BaseCommand):
    help = (
        "Checks every signed log review, or the one with --review, or a downloaded manifest with --file: population, sample, marks and hashes. "
        "Changes nothing. Exit status: 0 everything is the same, 1 something differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        one = parser.add_mutually_exclusive_group()
        one.add_argument("--review", type=int, help="Number of a review, as in the address of its page.")
        one.add_argument("--file", type=Path, help="A downloaded manifest.")

    def handle(self, *args: Any, review: int | None, file: Path | None, **options: Any) -> None:
        wrong = self._file(file) if file else self._signed(review)
        if wrong:
            sys.exit(1)

    def _signed(self, review: int | None) -> int:
        periods = ReviewPeriod.objects.filter(state=PeriodState.SIGNED).select_related("plan", "view_version").order_by("pk")
        if review is not None:
            periods = periods.filter(pk=review)
            if not periods:
                raise CommandError(f"No signed review has the number {review}.")
        wrong = 0
        for period in periods:
            result = check_period(period)
            wrong += not result.is_the_same
            said = "the same" if result.is_the_same else "NOT THE SAME. " + " ".join(result.wrong)
            removed = f" ({result.removed:,} entries of its time were removed with leave; the population was not drawn again.)"
            self.stdout.write(f"{period.pk:>6}  {period}: {said}{removed if result.removed else ''}")
        self.stdout.write(f"{len(periods):,} signed reviews were checked, {wrong:,} differ." if periods else "No review is signed yet.")
        return wrong

    def _file(self, file: Path) -> int:
        """First what the file says of itself, then whether it is what was signed here."""
        try:
            with file.open("rb") as opened:
                first, rest = opened.readline().rstrip(b"\n"), hashlib.sha256()
                while block := opened.read(1 << 20):
                    rest.update(block)
            items = json.loads(first)["items"]["sha256"]
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        except (ValueError, KeyError, TypeError):
            raise CommandError(f"{file} is no manifest of a log review.") from None
        problems = []
        if rest.hexdigest() != items:
            problems.append("Its entries are not those that its first line names.")
        known = ReviewSignOff.objects.filter(sha256=hashlib.sha256(first).hexdigest()).first()
        if known is None:
            problems.append("No review was signed here with this first line.")
        self.stdout.write(f"{file}: " + (" ".join(problems) or f"the same as was signed for {known and known.period}."))
        return len(problems)
