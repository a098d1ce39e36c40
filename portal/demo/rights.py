"""Two duties that met in one person, and a role that was taken for minutes and waits for its review."""

from datetime import timedelta

from django.contrib.auth.models import Group

from audit.duties.checking import check_duties
from audit.elevation.services import start_elevation
from audit.events.services import act
from audit.recertification.opening import open_due

from .seed import TITLES, Seed


def plant(seed: Seed) -> None:
    """After the policies: whoever becomes an approver here should decide on none of them."""
    jack, admin = seed.people["jack.osei"], seed.people["admin"]
    given = seed.now - timedelta(days=12)
    with act("demo.seeded", actor=None, now=given, subject=jack, why="He stood in for an approver, and kept the role."):
        jack.groups.add(Group.objects.get(name=TITLES["approver"]))
    check_duties(now=seed.now - timedelta(days=1))
    open_due(now=seed.now - timedelta(days=3))
    start_elevation(
        "commander",
        minutes=20,
        actor=admin,
        now=seed.now - timedelta(hours=26),
        reason="Ana's telephone was off and the incident needed a commander to put the alerting on hold.",
    )
