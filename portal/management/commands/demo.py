"""Seeds the demo organisation into an empty database."""

import logging
import secrets
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django_q.models import OrmQ

from portal.demo import organisation, quarterly, told
from portal.demo.past import live_through, open_live
from portal.demo.planting import plant
from portal.demo.seed import phone_address
from portal.foundation import clock
from portal.foundation.people.models import User
from portal.foundation.request_context import origin
from portal.foundation.verification import vouch_for
from portal.models import ContactPoint


class Command(BaseCommand):
    help = "Seeds the demo organisation. Refuses when there are people already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--phone-port", type=int, default=8099, help="Port on which the demo's phones listen (default 8099).")
        parser.add_argument("--only-phones", action="store_true", help="Only point the demo people's phones at that port.")

    def handle(self, *args: Any, **options: Any) -> None:
        port = options["phone_port"]
        if options["only_phones"]:
            _point_phones_at(port)
            return
        if User.objects.exists():
            raise CommandError("There are people in this database already; the demo is only for an empty one.")
        allowed = f"127.0.0.1:{port}"
        if allowed not in settings.OUTBOUND_ALLOWED_HOSTS:
            settings.OUTBOUND_ALLOWED_HOSTS = [*settings.OUTBOUND_ALLOWED_HOSTS, allowed]
        given = settings.DEMO_PASSWORD
        password = given or secrets.token_urlsafe(12)
        with _quiet("incidents"), origin("demo"), transaction.atomic():
            now = clock.now()
            # After a bare migrate there are no roles to give.
            call_command("sync_roles", stdout=StringIO())
            plant(now, password=password, phone_port=port)
            live_through(now, port)
            told.plant(now)
            quarterly.plant(now)
            # The past's messages are delivered: nothing is left to wake a worker for.
            OrmQ.objects.all().delete()
            incident = open_live(clock.now())
        names = " ".join(organisation.SIGN_INS)
        self.stdout.write(f"\n  Sign in as   {names}")
        self.stdout.write(f"  Password     {'as given in DEMO_PASSWORD' if given else password + '   (shown only now)'}")
        self.stdout.write(f"  Live now     {incident}: level 1 is being alerted, level 2 follows in two minutes")


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """The past is not news: its alerts and alarms are in the trail, not on the terminal, also those that are told once all is committed."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _point_phones_at(port: int) -> None:
    """The demo people's phones move with PHONE_PORT; anybody else's contact points are left alone."""
    demo = {person.username for person in organisation.PEOPLE}
    for contact in ContactPoint.objects.filter(person__username__in=demo).select_related("person"):
        address = phone_address(contact.person, port)
        if (
            contact.address.startswith("http://127.0.0.1:")
            and contact.address.endswith(f"/phones/{contact.person.username}")
            and contact.address != address
        ):
            contact.address = address
            contact.save(update_fields=["address"])
            # Another address is not verified by what was known of the old one.
            vouch_for(contact, actor=None, now=clock.now(), reason="A phone of the demo itself.")
