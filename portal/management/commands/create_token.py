"""Makes an API token."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.foundation import clock
from portal.foundation.errors import PortalError
from portal.foundation.front_door.tokens import services
from portal.foundation.front_door.tokens.scopes import SCOPES, USUAL, scopes_for
from portal.models import User


class Command(BaseCommand):
    help = "Makes an API token of USERNAME and prints it, once. Use it as 'Authorization: Bearer …'."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        known = ", ".join(scope.key for scope in SCOPES)
        parser.add_argument(
            "--scopes", help=f"Separated by commas, of {known}. Without: those of {', '.join(USUAL)} that the account can use."
        )
        parser.add_argument("--name", default="Made on the server", help="What it is for.")
        parser.add_argument("--days", type=int, default=services.USUAL_DAYS, help=f"How long it counts, up to {services.MOST_DAYS}.")
        parser.add_argument(
            "--replace", action="store_true", help="Revoke the account's tokens of the same name; they stop working at once."
        )

    def handle(self, *args: Any, username: str, scopes: str | None, name: str, days: int, replace: bool, **options: Any) -> None:
        now, owner = clock.now(), User.objects.filter(username=username).first()
        if owner is None:
            raise CommandError(f"There is no account '{username}'.")
        chosen = [scope.key for scope in scopes_for(owner) if scope.key in USUAL] if scopes is None else scopes.replace(" ", "").split(",")
        try:
            older = list(services.open_tokens(owner, now).filter(name=name)) if replace else []
            _, text = services.make_token(owner, name=name, scopes=chosen, days=days, actor=None, now=now)
            for token in older:
                services.revoke(token, actor=None, now=now, reason="Exchanged for another.")
        except PortalError as error:
            raise CommandError(error.message) from error
        self.stdout.write(text)
