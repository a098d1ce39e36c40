"""Live escalations by the thousand, as if the engine had alerted the primary of each: what its benchmarks run on."""

from datetime import datetime, timedelta
from io import StringIO
from itertools import count
from typing import Any

POLICIES, BATCH = 10, 1_000
BACKUP_AFTER, WINDOW = timedelta(minutes=5), timedelta(minutes=15)
_numbers = count(1)


def prepare(now: datetime) -> None:
    """An empty database becomes ten services, each with a policy of two levels: a schedule and a backup, then a manager and a deputy."""
    from django.core.management import call_command

    from tests.factories import policies as factory
    from tests.factories.portal import contact, person

    call_command("migrate", verbosity=0)
    call_command("sync_roles", verbosity=0, stdout=StringIO())
    for number in range(POLICIES):
        people = [person(f"{name} {number}", roles=("responder",)) for name in ("Ana", "Tom", "Kim", "Eva", "Bea", "Olga")]
        for someone in people:
            contact(someone)
        draft = factory.draft(factory.policy(factory.service(f"Service {number}"), owner=people[5]), now=now - timedelta(days=1))
        factory.level(draft, 1, factory.schedule(*people[:2], name=f"Line {number}"), people[2], window=WINDOW, backup_after=BACKUP_AFTER)
        factory.level(draft, 2, people[3], people[4], window=WINDOW, backup_after=BACKUP_AFTER)
        factory.approve(draft, now=now - timedelta(days=1))


def fill(how_many: int, due: list[datetime] | datetime) -> None:
    """Live runs whose primary was alerted; the backup's turn comes at `due`, one time for all or one for each."""
    times = due if isinstance(due, list) else [due] * how_many
    for first in range(0, how_many, BATCH):
        _fill(times[first : first + BATCH])


def _fill(times: list[datetime]) -> None:
    from incidents.models import EscalationRun, EscalationStep, Incident
    from policies.models import PolicyVersion
    from portal.models import User

    versions = list(PolicyVersion.objects.filter(state="approved").select_related("policy__service").order_by("policy__name"))
    people = {user.display_name: user for user in User.objects.all()}
    rows = []
    for place, at in enumerate(times):
        number, version = next(_numbers), versions[place % len(versions)]
        rows.append(
            Incident(
                number=f"RUN-{number:07d}",
                title=f"Card payments fail in region {number}",
                service=version.policy.service,
                impact=1,
                urgency=2,
                priority=2,
                severity="SEV2",
                opened_at=at - BACKUP_AFTER,
                policy_version=version,
                rule_versions=[version.pk],
                state="new",
                origin="api",
            )
        )
    rows = Incident.objects.bulk_create(rows)
    hashes = {version.pk: version.content_sha256 for version in versions}
    runs = EscalationRun.objects.bulk_create(
        EscalationRun(
            incident=row,
            policy_version=row.policy_version,
            content_sha256=hashes[row.policy_version_id or 0],
            level=1,
            position=1,
            level_entered_at=at - BACKUP_AFTER,
            last_page_at=at - BACKUP_AFTER,
            next_run_at=at,
            sequence=1,
            severity="SEV2",
            alerting_since=row.opened_at,
            started_at=row.opened_at,
        )
        for row, at in zip(rows, times, strict=True)
    )
    steps: list[Any] = []
    for run, row in zip(runs, rows, strict=True):
        ana = people[f"Ana {row.service.name.split()[1]}"]
        told = {"run": run, "at": row.opened_at, "reason": "Made up"}
        steps += [
            EscalationStep(sequence=0, action="started", **told),
            EscalationStep(sequence=1, part=0, action="level", level=1, **told),
            EscalationStep(sequence=1, part=1, action="paged", level=1, position=1, person=ana, person_name=str(ana), **told),
        ]
    EscalationStep.objects.bulk_create(steps, batch_size=BATCH)
