"""Going on with the ledger after a restore from backup: two people approve, an auditor reads why."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.sealing.epochs import open_epoch
from portal.foundation import clock
from portal.foundation.errors import PortalError
from portal.foundation.people.models import User


class Command(BaseCommand):
    help = "Opens a new epoch of the ledger when the sealer refuses to go on. Run it where the sealer runs, as its account."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reason", required=True, help="What happened, in a sentence.")
        parser.add_argument("--approved-by", action="append", required=True, metavar="USERNAME", help="Give it twice.")

    def handle(self, *args: Any, reason: str, approved_by: list[str], **options: Any) -> None:
        approvers = list(User.objects.filter(username__in=approved_by))
        unknown = set(approved_by) - {person.get_username() for person in approvers}
        if unknown:
            raise CommandError(f"There is no account {', '.join(sorted(unknown))}.")
        try:
            epoch = open_epoch(reason=reason, approvers=approvers, now=clock.now())
        except PortalError as refused:
            raise CommandError(refused.message) from refused
        lost = epoch.lost_to - epoch.size
        self.stdout.write(f"{epoch.origin} is open at {epoch.size} entries; {lost} that were sealed before are lost. The sealer goes on.")
