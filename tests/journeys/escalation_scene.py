"""The people and the policy of the escalation in the browser, run as `python -m tests.journeys.escalation_scene PHONE_URL`."""

import sys
from datetime import timedelta

import django

# Long enough for a page to be looked at, short enough to wait for.
BACKUP_AFTER, WINDOW = timedelta(seconds=6), timedelta(seconds=12)
PASSWORD = "a long password for tests"
PEOPLE = ("Rita Reporter", "Ana Ruiz", "Tom Berg", "Kim Park", "Eva Lind")


def prepare(phones: str) -> None:
    """An empty database becomes: two levels, the first of two people who sleep, and a phone for everybody."""
    from django.core.management import call_command

    from portal.foundation import clock
    from tests.factories import policies as factory
    from tests.factories.portal import contact, person

    for command in ("migrate", "sync_roles"):
        call_command(command, verbosity=0, stdout=sys.stderr)
    now = clock.now()
    people = {}
    for name in PEOPLE:
        username = name.split()[0].lower()
        people[username] = person(name, username=username, password=PASSWORD, roles=("responder",))
        contact(people[username], f"{phones}/{username}")
    service = factory.service("Card payments")
    draft = factory.draft(factory.policy(service, owner=people["eva"]), now=now)
    factory.level(draft, 1, people["ana"], people["tom"], name="First responders", window=WINDOW, backup_after=BACKUP_AFTER)
    # Whoever opens the page needs a little while; the window of the last level is only the frame of the test.
    factory.level(draft, 2, people["kim"], name="Duty manager", window=timedelta(minutes=5), backup_after=timedelta(minutes=2))
    factory.approve(draft, now=now)


if __name__ == "__main__":
    django.setup()
    prepare(sys.argv[1])
