"""Records a file of feedback; see docs/rules/feedback.md."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from incidents.feedback.importing import Taken, import_file, look
from incidents.feedback.reading import LARGEST_BYTES
from portal.foundation import clock, words
from portal.foundation.at_the_prompt import content_of, operator
from portal.foundation.errors import PortalError
from portal.foundation.redaction import one_line
from portal.foundation.request_context import origin

from .import_servicenow_log import person_called


class Command(BaseCommand):
    help = "Records a CSV file of feedback, all of its answers or none. With --dry-run it only says what it would record."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="The file, CSV in UTF-8. Its columns are in docs/rules/feedback.md.")
        parser.add_argument("--dry-run", action="store_true", help="Write nothing; say what would be recorded.")
        parser.add_argument("--again", action="store_true", help="Record what is on record already, too.")
        parser.add_argument("--as", dest="username", default="", help="Record in this person's name. Default: the operator at the server.")

    def handle(self, *args: Any, file: str, dry_run: bool, again: bool, username: str, **options: Any) -> None:
        now = clock.now()
        try:
            content = content_of(file, LARGEST_BYTES)
            with origin("command"):
                actor = person_called(username)
                if dry_run:
                    self.stdout.write(_told(look(content, actor=actor, now=now)))
                    return
                made = import_file(content, file_name=Path(file).name, actor=actor, operator=operator(), now=now, again=again)
        except PortalError as error:
            raise CommandError(f"{one_line(error.message)} Nothing was recorded.") from error
        self.stdout.write(f"{words.counted(len(made), 'answer')} recorded.")


def _told(taken: Taken) -> str:
    lines = [one_line(each) for each in taken.repeats.values()]
    lines.append(f"{words.counted(len(taken.answers), 'answer')}, {len(taken.repeats)} of them on record already or twice in the file.")
    return "\n".join([*lines, "Dry run: nothing was written."])
