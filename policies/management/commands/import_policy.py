"""Reads a policy from YAML as a draft; see docs/policies-as-data.md."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from policies.interchange.reading import LARGEST_BYTES
from policies.interchange.services import Outcome, import_policy
from portal.foundation import clock
from portal.foundation.errors import InvalidInput, NotFound, PortalError
from portal.foundation.people.models import User
from portal.foundation.redaction import one_line
from portal.foundation.request_context import origin


class Command(BaseCommand):
    help = "Makes a draft from a policy written as YAML. Nothing changes until the draft is submitted and somebody else approves it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="The policy as YAML.")
        parser.add_argument("--as", dest="username", required=True, metavar="USERNAME", help="The person whose draft it becomes.")
        parser.add_argument("--reason", required=True, metavar="TEXT", help="What changes and why, for the approver and the auditor.")
        parser.add_argument("--dry-run", action="store_true", help="Write nothing; print what would change.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with origin("command"):
                outcome = import_policy(
                    _read(options["file"]),
                    actor=_person(options["username"]),
                    now=clock.now(),
                    reason=options["reason"],
                    dry_run=options["dry_run"],
                )
        except PortalError as error:
            lines = [one_line(line) for line in error.message.splitlines()]
            raise CommandError("\n".join([*lines, "Nothing was imported."])) from error
        for line in _told(outcome, dry_run=options["dry_run"]):
            self.stdout.write(one_line(line))


def _read(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            # One byte more than is taken is enough to be refused.
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{name} cannot be read: {error.strerror}.") from error


def _person(username: str) -> User:
    person = User.objects.filter(username=username).first()
    if person is None:
        raise NotFound(f"There is no person with the user name '{username}'.")
    return person


def _told(outcome: Outcome, *, dry_run: bool) -> list[str]:
    against = f"Against version {outcome.against.number}, in force now:" if outcome.against else "Nothing is in force yet. It brings:"
    made = "Dry run: nothing was written." if dry_run else f"{outcome.version} is a draft now. Submit it for approval when it is ready."
    checks = [f"- {finding.weight.label.lower()}: {finding.in_words}" for finding in outcome.findings]
    return [
        against,
        *([f"- {sentence}" for sentence in outcome.differences] or ["- nothing: it says the same."]),
        *(["Checks:", *checks] if checks else []),
        f"Content SHA-256 {outcome.content_sha256}",
        made,
    ]
