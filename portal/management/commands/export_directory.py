"""Writes everybody with an account as a file the CMDB can read; see docs/rules/directory.md."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.foundation import clock
from portal.foundation.directory.exporting import FORMATS, export_people, write_whole
from portal.foundation.errors import PortalError
from portal.foundation.redaction import one_line
from portal.foundation.request_context import origin


class Command(BaseCommand):
    help = "Writes everybody with an account, as CSV or JSON by the ending of FILE. Addresses that may hold a token stay in the portal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", required=True, metavar="FILE", help="FILE.csv or FILE.json; replaced when it exists.")

    def handle(self, *args: Any, out: str, **options: Any) -> None:
        path = Path(out)
        name = path.suffix.lower().removeprefix(".")
        if name not in FORMATS:
            raise CommandError(f"{one_line(out)} ends neither in .csv nor in .json.")
        try:
            with origin("command"):
                content = export_people(name, actor=None, now=clock.now(), reason="Written at the server.")
            write_whole(path, content)
        except PortalError as error:
            raise CommandError(one_line(error.message)) from error
        except OSError as error:
            raise CommandError(one_line(f"{out} cannot be written: {error.strerror}.")) from error
        self.stderr.write(one_line(f"Written to {out}."))
