"""Makes an API token."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.events.services import act
from portal.foundation import clock
from portal.foundation.errors import PortalError
from portal.foundation.people.services import issue_token


class Command(BaseCommand):
    help = "Makes the API token of USERNAME and prints it, once. Use it as 'Authorization: Token …'."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--replace", action="store_true", help="Exchange an existing token; the old one stops working at once.")

    def handle(self, *args: Any, username: str, replace: bool, **options: Any) -> None:
        try:
            with act("token.created", actor=None, now=clock.now()) as running:
                running.subject, token = issue_token(username, replace=replace)
                running.details["replaced_an_older_one"] = replace
        except PortalError as error:
            raise CommandError(error.message) from error
        self.stdout.write(token)
