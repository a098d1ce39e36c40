"""One command for a first look: migrate, seed the demo once, then web, engine, sender, workers and phones in the foreground."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from portal.foundation.people.models import User
from portal.management import family, parts
from portal.management.listening import check_free, listening_address, reachable, written


class Command(BaseCommand):
    help = "Prepares the database, seeds the demo organisation on the first start, and runs everything until Ctrl-C."
    # They are made in the process that prepares the rest: what they leave in memory would stay with all the others.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        (host, port), (_, phone_port) = (
            listening_address("PORT", settings.LISTEN_PORT),
            listening_address("PHONE_PORT", settings.PHONE_PORT),
        )
        if port == phone_port:
            raise CommandError(f"PORT and PHONE_PORT are both {port}. Choose two different ones.")
        check_free(host, port, "PORT")
        check_free("127.0.0.1", phone_port, "PHONE_PORT")
        settings.OUTBOUND_ALLOWED_HOSTS = [*settings.OUTBOUND_ALLOWED_HOSTS, f"127.0.0.1:{phone_port}"]
        settings.PORTAL_URL = f"http://{reachable(host)}:{port}"
        Path(str(settings.STATIC_ROOT)).mkdir(parents=True, exist_ok=True)
        parts.load()
        running = parts.installation(written(host, port))
        family.prepare()
        # In a process of its own: what seeding leaves in memory would stay with all the others.
        status = family.aside(lambda: self._prepare(phone_port))
        if status:
            sys.exit(status)
        self.stdout.write(
            f"\n  Portal   {settings.PORTAL_URL}/admin/\n  Phones   http://127.0.0.1:{phone_port}/\n  Ctrl-C stops everything.\n"
        )
        self.stdout.flush()
        phones = family.Part("phones", lambda: _phones(phone_port))
        sys.exit(family.Family(family.say).run([*running, phones]))

    def _prepare(self, phone_port: int) -> None:
        self.check()
        self.stdout.write("Preparing the database …")
        self.stdout.flush()
        call_command("migrate", interactive=False, verbosity=0)
        call_command("sync_roles", verbosity=0, stdout=_Silent())
        call_command("sync_jobs", verbosity=0, stdout=_Silent())
        if not User.objects.exists():
            self.stdout.write("Seeding the demo organisation (once) …")
            self.stdout.flush()
            call_command("demo", phone_port=phone_port)
        else:
            call_command("demo", phone_port=phone_port, only_phones=True)


def _phones(port: int) -> None:
    from portal.demo.phone import Phones, serve

    serve(port, Phones()).serve_forever()


class _Silent:
    def write(self, text: str) -> None:
        """Says nothing."""
