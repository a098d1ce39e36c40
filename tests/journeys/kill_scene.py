"""The other side of the kill test, run as `python -m tests.journeys.kill_scene VERB` in a process of its own."""

import json
import sys
import time
from datetime import timedelta
from typing import Any

import django

WINDOW, BACKUP_AFTER = timedelta(seconds=4), timedelta(seconds=2)
INCIDENTS = 4


def prepare(phone: str) -> None:
    """An empty database becomes: two levels of two people, windows of seconds, open incidents that nobody will acknowledge."""
    from django.core.management import call_command

    from portal.foundation import clock
    from tests.factories import policies as factory
    from tests.factories.incidents import incident
    from tests.factories.portal import contact, person

    for command in ("migrate", "sync_roles"):
        call_command(command, verbosity=0, stdout=sys.stderr)
    now = clock.now()
    people = [person(name) for name in ("Ana Ruiz", "Tom Berg", "Kim Park", "Eva Lind", "Olga Owner")]
    for someone in people:
        contact(someone, phone)
    service = factory.service("Card payments")
    draft = factory.draft(factory.policy(service, owner=people[4]), now=now)
    factory.level(draft, 1, *people[:2], window=WINDOW, backup_after=BACKUP_AFTER)
    factory.level(draft, 2, *people[2:4], window=WINDOW, backup_after=BACKUP_AFTER)
    factory.approve(draft, now=now)
    for number in range(INCIDENTS):
        incident(now, service=service, title=f"Incident {number}")


def report(seconds: str) -> None:
    """Waits until every escalation is over and every message handed over, then prints what is in the database."""
    from incidents.models import EscalationRun, EscalationStep
    from portal.models import OutboxMessage

    deadline = time.monotonic() + float(seconds)
    while time.monotonic() < deadline:
        over = EscalationRun.objects.filter(state="exhausted").count() == INCIDENTS
        if over and not OutboxMessage.objects.filter(state__in=["pending", "sending"]).exists():
            break
        time.sleep(0.2)
    runs: dict[str, Any] = {}
    for step in EscalationStep.objects.select_related("run__incident").order_by("run", "sequence", "part"):
        runs.setdefault(step.run.incident.title, []).append(
            [step.sequence, step.action, step.level, step.position, step.person_name, step.at.timestamp()]
        )
    messages = list(OutboxMessage.objects.values_list("idempotency_key", "state"))
    json.dump({"runs": runs, "messages": messages, "states": list(EscalationRun.objects.values_list("state", flat=True))}, sys.stdout)


if __name__ == "__main__":
    django.setup()
    {"prepare": prepare, "report": report}[sys.argv[1]](sys.argv[2])
