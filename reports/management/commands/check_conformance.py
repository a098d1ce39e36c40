"""Checks a quarter's conformance: `manage.py check_conformance 2016Q1 [--replay] [--json]`."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.foundation import clock as reader_of_time
from portal.foundation.words import counted
from reports.conformance.chapter import content_of
from reports.conformance.checking import Conformance, conformance_of
from reports.conformance.replaying import lines, replay
from reports.conformance.values import Deviation, Kind, clock
from reports.metrics.population import Population
from reports.metrics.queries import last_event_at
from reports.packs.quarters import NotAQuarter, Quarter


class Command(BaseCommand):
    help = "Holds every escalation of a quarter's incidents against the policy version that it follows, and lists each deviation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("quarter", metavar="QUARTER", help="year and quarter, such as 2016Q1")
        parser.add_argument(
            "--replay", action="store_true", help="also decide every recorded pass again from its inputs, with the engine's own function"
        )
        parser.add_argument("--json", action="store_true", help="the same for machines: counts by class, and a list of deviations")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            quarter = Quarter.asked_for(options["quarter"], reader_of_time.now())
        except NotAQuarter as error:
            raise CommandError(str(error)) from error
        population = Population(quarter.start, quarter.end)
        found = conformance_of(population, last_event_at(population) or quarter.start)
        again = replay(population) if options["replay"] else None
        if options["json"]:
            told = {"quarter": str(quarter), **content_of(found), "deviations": [as_plain(each) for each in found.deviations]}
            if again is not None:
                told["replay"] = asdict(again) | {"otherwise": [asdict(each) | {"at": _iso(each.at)} for each in again.otherwise]}
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True))
            return
        self._tell(quarter, found)
        for line in lines(again) if again is not None else ():
            self.stdout.write(line)

    def _tell(self, quarter: Quarter, found: Conformance) -> None:
        self.stdout.write(f"{quarter}: {counted(found.runs, 'escalation')} checked, {counted(len(found.deviations), 'deviation')}")
        for kind in Kind:
            justified, bare = found.counts()[kind]
            if justified or bare:
                self.stdout.write(f"  {kind.words}: {justified + bare:,}, {justified:,} with a recorded rationale")
        for each in found.deviations:
            why = f" Rationale: {each.rationale}" if each.rationale else ""
            self.stdout.write(f"{each.number}  {clock(each.at)}  {each.kind.words}: {each.happened} {each.expected}{why}")


def as_plain(each: Deviation) -> dict[str, Any]:
    """A deviation as JSON's own types; the names of people stay in the portal."""
    return {
        "class": each.kind.value,
        "incident": each.number,
        "service": each.service,
        "at": _iso(each.at),
        "run": each.run,
        "steps": list(each.sequences),
        "level": each.level,
        "expected": each.expected,
        "happened": each.happened,
        "rationale": each.rationale,
        "timeline": each.address,
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
