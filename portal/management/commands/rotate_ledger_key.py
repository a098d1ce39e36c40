"""A new key for the ledger: both keys sign the change, and the sealer's next checkpoint."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.sealing.services import rotate_key
from portal.foundation import clock
from portal.foundation.errors import PortalError


class Command(BaseCommand):
    help = "Makes a new key that follows the present one. Run it where the sealer runs, as its account."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            old, new = rotate_key(now=clock.now())
        except PortalError as refused:
            raise CommandError(refused.message) from refused
        self.stdout.write(
            f"{old}\n  is followed by\n{new}\nfrom the next checkpoint on. Back up LEDGER_KEYS, and hand the new key to your auditors."
        )
