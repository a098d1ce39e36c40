"""The hand inside the database, run as `python -m tests.chaos.scene` in a process of its own: a JSON command a line, a JSON answer a line."""

import json
import sys
import time
from datetime import timedelta
from typing import Any

import django

WINDOW, BACKUP_AFTER = timedelta(seconds=4), timedelta(seconds=2)
PEOPLE = ("Ana Ruiz", "Tom Berg", "Kim Park", "Eva Lind", "Olga Owner")
OPEN = ["pending", "sending", "awaiting"]


def prepare(
    phones: dict[str, list[str]],
    window: float = WINDOW.total_seconds(),
    backup_after: float = BACKUP_AFTER.total_seconds(),
    receipt_within: dict[str, float] | None = None,
) -> str:
    """An empty database becomes two levels of two people, and an account that opens incidents; its token.

    `phones` are addresses by name, '*' for everybody else, each a URL of a webhook or CHANNEL:ADDRESS.
    """
    from django.core.management import call_command

    from portal.foundation import clock
    from portal.models import ChannelRule
    from tests.factories import policies as factory
    from tests.factories.portal import contact, person
    from tests.factories.tokens import token_of

    for command in ("migrate", "sync_roles", "sync_jobs"):
        call_command(command, verbosity=0, stdout=sys.stderr)
    now = clock.now()
    people = [person(name) for name in PEOPLE]
    for someone in people:
        for address in phones.get(str(someone), phones["*"]):
            channel, _, rest = address.partition(":")
            contact(someone, address) if rest.startswith("//") else contact(someone, rest, channel=channel)
    for channel, seconds in (receipt_within or {}).items():
        ChannelRule.objects.create(channel=channel, receipt_within=timedelta(seconds=seconds))
    service = factory.service("Card payments", key="card-payments")
    draft = factory.draft(factory.policy(service, owner=people[4]), now=now)
    lasts = {"window": timedelta(seconds=window), "backup_after": timedelta(seconds=backup_after)}
    factory.level(draft, 1, *people[:2], **lasts)
    factory.level(draft, 2, *people[2:4], **lasts)
    factory.approve(draft, now=now)
    return token_of(person("Machine", username="machine", roles=("responder",)))


def incidents(count: int) -> int:
    """Opens some past the web; how many there are then."""
    from incidents.models import Incident
    from policies.models import Service
    from portal.foundation import clock
    from tests.factories.incidents import incident

    for number in range(count):
        incident(clock.now(), service=Service.objects.get(), title=f"Incident {number}")
    return Incident.objects.count()


def messages(name: str, keys: list[str]) -> float:
    """Puts a message a key to somebody into the outbox; when they were committed, on the monotonic clock that all processes share."""
    from incidents.models import Incident
    from portal.foundation import clock
    from portal.foundation.outbox.services import draft, queue_all
    from portal.models import User

    about = {"kind": "escalation.page", "subject_ref": f"incidents.incident:{Incident.objects.first().pk}", "link": ""}  # type: ignore[union-attr]
    person = User.objects.get(display_name=name)
    queue_all([draft(person=person, idempotency_key=key, title="SEV1", body="Please take it.", **about) for key in keys], now=clock.now())
    return time.monotonic()


def pages() -> int:
    from incidents.models import EscalationStep

    return EscalationStep.objects.filter(action="paged").count()


def standing() -> dict[str, int]:
    """How many escalations are over, how many are not, how many messages are still on their way."""
    from incidents.models import EscalationRun, Incident
    from portal.models import OutboxMessage

    over = EscalationRun.objects.exclude(state__in=EscalationRun.LIVE).count()
    return {
        "incidents": Incident.objects.count(),
        "runs": EscalationRun.objects.count(),
        "over": over,
        "open": OutboxMessage.objects.filter(state__in=OPEN).count(),
    }


def report() -> dict[str, Any]:
    """What the database holds in the end: the steps of each run, each message with the way that it took."""
    from incidents.models import EscalationRun, EscalationStep
    from portal.models import OutboxMessage

    runs: dict[str, Any] = {}
    for step in EscalationStep.objects.select_related("run__incident").order_by("run", "sequence", "part"):
        late = step.late_by.total_seconds() if step.late_by else 0
        runs.setdefault(step.run.incident.number, []).append(
            [step.sequence, step.action, step.level, step.position, step.person_name, step.at.timestamp(), late]
        )
    messages = OutboxMessage.objects.prefetch_related("attempts")
    return {
        "runs": runs,
        "states": sorted(EscalationRun.objects.values_list("state", flat=True)),
        "messages": [
            [message.idempotency_key, message.state, message.person_name, [each.succeeded for each in message.attempts.all()]]
            for message in messages
        ],
    }


def subjects() -> dict[str, str]:
    """The incident's number of each message, by its key."""
    from incidents.models import Incident
    from portal.models import OutboxMessage

    numbers = dict(Incident.objects.values_list("pk", "number"))
    told = OutboxMessage.objects.values_list("idempotency_key", "subject_ref")
    return {key: numbers[int(about.rpartition(":")[2])] for key, about in told}


def empty_queue() -> int:
    """Every task of the job queue and its schedules, gone; the number of them."""
    from django_q.models import OrmQ, Schedule

    return int(OrmQ.objects.all().delete()[0] + Schedule.objects.all().delete()[0])


def job() -> None:
    from django_q.tasks import async_task

    async_task("time.sleep", 0)


def jobs_done() -> int:
    from django_q.models import Success

    return int(Success.objects.filter(func="time.sleep").count())


def outages() -> list[str]:
    from portal.models import Outage

    return list(Outage.objects.exclude(told_at=None).values_list("key", flat=True))


def main() -> None:
    from django.db import connections

    verbs = {
        verb.__name__: verb
        for verb in (prepare, incidents, messages, pages, standing, report, subjects, empty_queue, job, jobs_done, outages)
    }
    for line in sys.stdin:
        name, given = json.loads(line)
        try:
            answer = ["done", verbs[name](**given)]
        except Exception as error:  # noqa: BLE001 - the one who asked decides
            connections.close_all()
            answer = ["failed", f"{type(error).__name__}: {error}"]
        print(json.dumps(answer), flush=True)  # noqa: T201


if __name__ == "__main__":
    django.setup()
    main()
