"""Brings in a duty calendar: `manage.py import_calendar FILE --schedule NAME [--name NAME] [--dry-run]`; see docs/rules/calendars.md."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from policies.oncall.calendars.looking import Look, look_at
from policies.oncall.calendars.models import CalendarSource
from policies.oncall.calendars.reading import LARGEST_BYTES
from policies.oncall.calendars.source_services import Wanted, add_source, bring_in, renew_source
from policies.oncall.models import OnCallSchedule
from portal.foundation import clock, words
from portal.foundation.errors import PortalError
from portal.foundation.redaction import one_line
from portal.foundation.request_context import origin

MOST_LINES = 40


class Command(BaseCommand):
    help = "Says what an iCalendar file would change in an on-call schedule and, without --dry-run, brings it in from now on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="an .ics file")
        parser.add_argument("--schedule", metavar="NAME", required=True, help="the on-call schedule's name")
        parser.add_argument("--name", metavar="NAME", default="", help="what the calendar is called here; default: the file's name")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        data = _content(options["file"])
        schedule = None if "\0" in options["schedule"] else OnCallSchedule.objects.filter(name=options["schedule"]).first()
        if schedule is None:
            raise CommandError(f"There is no on-call schedule '{one_line(options['schedule'][:120])}'.")
        name = (options["name"] or options["file"].name)[:120]
        known = CalendarSource.objects.filter(name=name).first()
        if known is not None and known.schedule_id != schedule.pk:
            raise CommandError(f"A calendar '{one_line(name)}' belongs to something else already. Give another --name.")
        try:
            look = look_at(known or CalendarSource(name=name, schedule=schedule), data, now)
            if not options["dry_run"]:
                with origin("command"):
                    wanted = Wanted(name, schedule=schedule, data=data)
                    said = "import_calendar"
                    source = (
                        renew_source(known, wanted, data, actor=None, now=now, reason=said)
                        if known
                        else add_source(wanted, data, actor=None, now=now, reason=said)
                    )
                    look = bring_in(source, actor=None, now=now, reason=said)
        except PortalError as error:
            raise CommandError(one_line(error.message)) from error
        self.stdout.write("\n".join(one_line(line) for line in in_words(look)))
        self.stdout.write("Dry run: nothing was changed." if options["dry_run"] else "Brought in.")


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise CommandError(f"{one_line(str(path))} cannot be read: {error.strerror}.") from error


def in_words(look: Look) -> list[str]:
    """The dry run as lines; times are UTC."""
    read = words.counted(look.reading.events, "event")
    lines = [f"{read} read, {words.counted(len(look.wanted), 'duty', 'duties')} in the coming 180 days."]
    lines += [f"  {name}: {words.counted(count, 'duty', 'duties')}" for name, count in look.people]
    lines += [f"Not used: {line}" for line in look.remarks.splitlines()]
    lines += [f"Conflict: {line}" for line in look.away]
    lines += [f"Conflict: {each.since:%Y-%m-%d %H:%M} UTC both {each.first} and {each.second}" for each in look.overlaps[:MOST_LINES]]
    lines.append(f"{len(look.rows.new):,} to make, {len(look.rows.ended):,} to end, {look.rows.kept:,} stay.")
    lines.append(f"{words.counted(len(look.changes), 'change')} of who is on duty in the coming 90 days (UTC):")
    lines += [
        f"  {each.since:%Y-%m-%d %H:%M} to {each.until:%Y-%m-%d %H:%M}: {each.before.name if each.before else 'nobody'} -> {each.after.name if each.after else 'nobody'}"
        for each in look.changes[:MOST_LINES]
    ]
    if len(look.changes) > MOST_LINES:
        lines.append(f"  and {len(look.changes) - MOST_LINES:,} more")
    return lines
