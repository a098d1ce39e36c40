"""Makes the groups say what the role catalogue says."""

from typing import Any

from django.core.management.base import BaseCommand

from audit.events.services import act
from portal.foundation import clock
from portal.foundation.access.services import sync_roles


class Command(BaseCommand):
    help = "Creates or corrects one group per role; safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        with act("roles.synchronised", actor=None, now=clock.now()) as running:
            changed = sync_roles()
            running.details["changed"] = changed
            if not changed:
                running.nothing_happened()
        self.stdout.write("\n".join(changed) or "Roles are as declared.")
