"""Prints a link to set a password, for the first accounts and for whoever no message reaches."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.events.services import act
from portal.foundation import clock
from portal.foundation.front_door.passwords import link_for
from portal.foundation.people.models import User


class Command(BaseCommand):
    help = "Prints a link that lets whoever opens it set the password of USERNAME, once, within an hour. Hand it to that person and nobody else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        user = User.objects.filter(username=username, origin=User.Origin.PORTAL).first()
        if user is None or not user.is_active:
            raise CommandError(f"There is no account '{username}' that can sign in.")
        with act("account.password_link_made", actor=None, now=clock.now(), subject=user, why="Printed on the server."):
            self.stdout.write(link_for(user))
