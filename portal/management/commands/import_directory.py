"""Reads a file of the CMDB; see docs/rules/directory.md."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.foundation import clock, words
from portal.foundation.at_the_prompt import content_of, operator
from portal.foundation.directory.differences import Kind
from portal.foundation.directory.dropping import report_of
from portal.foundation.directory.models import DirectorySync
from portal.foundation.directory.planning import Plan
from portal.foundation.directory.reading import LARGEST_BYTES
from portal.foundation.directory.services import apply_sync, counts, read_file, try_file
from portal.foundation.errors import PortalError
from portal.foundation.redaction import one_line
from portal.foundation.request_context import origin


class Command(BaseCommand):
    help = "Compares a file of the CMDB and applies what is no conflict; conflicts wait for a person. With --dry-run it only tells."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="The file, CSV or JSON.")
        parser.add_argument("--dry-run", action="store_true", help="Write nothing; print what would change.")

    def handle(self, *args: Any, file: str, dry_run: bool, **options: Any) -> None:
        now = clock.now()
        try:
            content = content_of(file, LARGEST_BYTES)
            with origin("command"):
                if dry_run:
                    self.stdout.write(_told(try_file(content, actor=None, now=now)), ending="")
                    return
                sync = _read(content, file, now)
        except PortalError as error:
            raise CommandError(f"{one_line(error.message)} Nothing was changed.") from error
        self.stdout.write(report_of(sync), ending="")


def _read(content: bytes, file: str, now: Any) -> DirectorySync:
    source, name = DirectorySync.Source.COMMAND, Path(file).name
    sync = read_file(content, file_name=name, source=source, actor=None, operator=operator(), now=now)
    return apply_sync(sync, actor=None, now=now, reason="Applied at the server.")


def _told(plan: Plan) -> str:
    found = [(each.entry.place, each.person.called, one) for each in plan.people for one in each.found]
    found += [(entry.place, entry.called, one) for entry, one in plan.strangers]
    lines = [f"{kind}: {count:,}" for kind, count in counts(plan).items()]
    for place, person, one in found:
        what = f"{one.field}: {one.ours.shown or 'nothing'} → {one.theirs.shown or 'nothing'}" if one.field else ""
        lines.append(" ".join(part for part in (place, person, one.kind.value.upper(), what, one.words) if part))
    asked = plan.count(Kind.CONFLICT)
    lines.append(f"Dry run: nothing was written. {words.counted(asked, 'conflict')} would wait for a person.")
    return "\n".join(one_line(line) for line in lines) + "\n"
