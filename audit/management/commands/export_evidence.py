"""Writes a bundle that proves the audit trail without the portal; see docs/ledger.md."""

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from audit.evidence.bundles import export_evidence
from audit.evidence.selection import Selection, object_named
from audit.models import LedgerEvent
from portal.foundation import clock
from portal.foundation.errors import PortalError
from portal.foundation.redaction import one_line
from portal.foundation.request_context import origin


class Command(BaseCommand):
    help = (
        "Writes FILE.zip: entries of the audit trail with everything an auditor needs to check them. 'python3 verify.py FILE.zip' is in it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", required=True, metavar="FILE", help="FILE.zip; must not exist yet.")
        parser.add_argument(
            "--from", dest="since", metavar="WHEN", help="Entries from this date or time on (YYYY-MM-DD, or with time and zone)."
        )
        parser.add_argument("--to", dest="until", metavar="WHEN", help="Entries before this date or time; a date's own day is left out.")
        parser.add_argument(
            "--object", default="", metavar="KIND:KEY", help="Entries about one object, such as incidents.incident:INC-000012."
        )
        parser.add_argument("--reason", default="", help="Why; kept with the export's event.")

    def handle(self, *args: Any, out: str, since: str | None, until: str | None, object: str, reason: str, **options: Any) -> None:
        path = Path(out)
        if path.suffix.lower() != ".zip":
            raise CommandError(f"{one_line(out)} does not end in .zip.")
        if path.exists():
            raise CommandError(f"{one_line(out)} is there already. Evidence is not written over; name another file.")
        if not path.parent.is_dir():
            raise CommandError(f"{one_line(str(path.parent))} is no folder.")
        try:
            with origin("command"):
                model, pk = object_named(object) if object else ("", "")
                selection = Selection(_moment(since, "--from"), _moment(until, "--to"), model, pk)
                bundle = export_evidence(
                    path, selection, actor=None, now=clock.now(), reason=reason or "Written at the server.", tell=self._progress
                )
        except PortalError as error:
            raise CommandError(one_line(error.message)) from error
        except OSError as error:
            raise CommandError(one_line(f"{out} cannot be written: {error.strerror}.")) from error
        if model and not LedgerEvent.objects.filter(object_model=model, object_pk=pk).exists():
            self.stderr.write(f"No event is about {one_line(object)}: look whether it is written as in the portal.")
        self.stdout.write(f"{one_line(out)}: {bundle.entries:,} of {bundle.size:,} entries in full.")
        self.stdout.write(f"To check it:  unzip {one_line(out)} verify.py && python3 verify.py {one_line(out)}")

    def _progress(self, done: int, size: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{done:,} of up to {size:,} entries", ending="")


def _moment(text: str | None, option: str) -> datetime | None:
    """A date is its midnight in the portal's time zone; a time without a zone is one there too."""
    if text is None:
        return None
    try:
        found = parse_datetime(text) or datetime.combine(parse_date(text) or _no_date(), time.min)
    except ValueError:
        raise CommandError(f"{option}: “{one_line(text)}” is no date or time. Write 2026-03-31 or 2026-03-31T14:05:00+02:00.") from None
    aware = found if timezone.is_aware(found) else timezone.make_aware(found)
    return aware.astimezone(UTC)


def _no_date() -> Any:
    raise ValueError
