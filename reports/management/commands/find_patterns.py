"""Prints what stands out in a quarter: `manage.py find_patterns 2016Q1 [--unit NAME] [--json]`."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from policies.models import BusinessUnit
from portal.foundation import clock
from reports.document import duration_in_words
from reports.packs.quarters import NotAQuarter, Quarter
from reports.packs.units import Unit
from reports.patterns.pattern import Pattern
from reports.patterns.services import patterns_of

SHOWN = 5


class Command(BaseCommand):
    help = "Prints the patterns found in a quarter, the most harm first, each with its numbers and how sure it is. Writes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("quarter", metavar="QUARTER", help="year and quarter, such as 2016Q1")
        parser.add_argument("--unit", metavar="NAME", help="only the services of this business unit and its parts")
        parser.add_argument("--json", action="store_true", help="as JSON, with every incident that is named")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            quarter = Quarter.asked_for(options["quarter"], clock.now())
        except NotAQuarter as error:
            raise CommandError(str(error)) from error
        found = patterns_of(quarter, _units(options["unit"]))
        if options["json"]:
            self.stdout.write(json.dumps([each.as_content() for each in found], ensure_ascii=False, indent=2))
            return
        if not found:
            self.stdout.write(f"Nothing stands out in {quarter}.")
        for each in found:
            self._tell(each)

    def _tell(self, each: Pattern) -> None:
        self.stdout.write(f"{each.rank}. {each.headline}")
        self.stdout.write(
            f"   {each.kind}; confidence {each.confidence.words}; beyond the expected about {duration_in_words(60 * each.minutes)}"
        )
        self.stdout.write(f"   {each.sentence}")
        for line in each.also:
            self.stdout.write(f"   Also: {line}")
        more = each.of_incidents - len(each.incidents[:SHOWN])
        rest = f" and {more:,} more" if more > 0 else ""
        self.stdout.write(f"   Incidents: {', '.join(each.incidents[:SHOWN])}{rest}\n")


def _units(name: str | None) -> tuple[int, ...] | None:
    """The keys of the unit and of all its parts."""
    if name is None:
        return None
    unit = BusinessUnit.objects.filter(name=name).first()
    if unit is None:
        raise CommandError(f"There is no business unit '{name[:80]}'. Its name is written as in the list of business units.")
    return Unit.of(unit).keys
