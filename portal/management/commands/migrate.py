"""Brings the database's tables up to date; the framework's own command, quicker."""

from typing import Any

from django.core.management.commands import migrate

from portal.foundation.migrating import only_what_changes


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with only_what_changes():
            super().handle(*args, **options)
